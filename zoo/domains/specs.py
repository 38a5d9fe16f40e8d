"""What one example of a data set is: the only thing a model knows of its data."""

import dataclasses

from zoo.tokenizers.vocabulary import Vocabulary


@dataclasses.dataclass(frozen=True)
class Text:
    """A sequence of symbols.

    Attributes:
        vocabulary: the symbols. A batch holds their ids, int32 [batch, length].
        length: the number of symbols in an example, the end symbol included.
        running: whether examples are windows of one running text (which has no end symbol
            within) instead of sequences of their own, each closed by the end symbol.
    """

    vocabulary: Vocabulary
    length: int
    running: bool

    kind = "text"
    num_classes = 0

    def __str__(self):
        what = "windows of running text" if self.running else "texts"
        return f"{what} of up to {self.length} symbols, {self.vocabulary.size} in the vocabulary"


@dataclasses.dataclass(frozen=True)
class Image:
    """A grey image with values in [0, 1], float32 [batch, height, width, 1].

    Attributes:
        shape: (height, width, channels).
        binary: whether the values are 0 and 1 only.
        digits: whether the images show the ten digits of MNIST, so that a classifier of those
            can count them.
        num_classes: how many classes there are for a model to be conditioned on: examples then
            come with labels, int32 [batch]; 0: they come without.
    """

    shape: tuple[int, int, int]
    binary: bool = False
    digits: bool = False
    num_classes: int = 0

    kind = "image"

    @property
    def levels(self) -> int:
        """How many values a pixel can have."""
        return 2 if self.binary else 256

    def __str__(self):
        values = "0 or 1" if self.binary else "0 to 1"
        of_classes = f", of {self.num_classes} classes" if self.num_classes else ""
        return f"images of {'×'.join(map(str, self.shape))} with values {values}{of_classes}"


@dataclasses.dataclass(frozen=True)
class Points:
    """A vector of real numbers, float32 [batch, dimension].

    Attributes:
        dimension: how many numbers there are.
    """

    dimension: int

    kind = "points"
    num_classes = 0

    def __str__(self):
        return f"points of {self.dimension} coordinates"


Example = Text | Image | Points
