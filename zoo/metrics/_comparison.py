"""What measures of samples see: samples, as many real examples, and the training part."""

import dataclasses
import functools

import numpy as np

from zoo import example_spec
from zoo.metrics import _lenet
from zoo.vocabulary import up_to_end


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Generated and real examples in equal numbers.

    Texts are symbols, int32 [count, length], closed and filled up by the end symbol; images are
    float32 [count, height, width, channels] in [0, 1].

    Attributes:
        example: what one example is.
        generated: the samples.
        real: held-out examples, as many.
        training: the examples that the model could learn from (of a running text, some).
        split: which part `real` is of.
        seed: of whatever a measure draws.
    """

    example: example_spec.Text | example_spec.Image
    generated: np.ndarray
    real: np.ndarray
    training: np.ndarray
    split: str
    seed: int

    @property
    def count(self) -> int:
        """How many samples there are, and how many real examples."""
        return len(self.generated)

    @functools.cached_property
    def features(self) -> tuple[np.ndarray, np.ndarray]:
        """The LeNet's features of the generated and the real images, float32 [count, 84] each."""
        return _lenet.features(self.generated), _lenet.features(self.real)

    @functools.cached_property
    def sequences(self) -> tuple[list, list]:
        """The generated and the real texts as lists of tuples of symbols, without the end."""
        end = self.example.vocabulary.end
        return without_end(self.generated, end), without_end(self.real, end)


def without_end(tokens: np.ndarray, end: int) -> list[tuple[int, ...]]:
    """Each text, int32 [count, length], as the tuple of its symbols before the first end."""
    lengths = np.sum(up_to_end(tokens, end).numpy() & (tokens != end), axis=-1)
    return [tuple(row[:length]) for row, length in zip(tokens.tolist(), lengths, strict=True)]
