"""What measures of samples see: samples, as many real examples, and the training part."""

import dataclasses
import functools

import numpy as np

from zoo import domains
from zoo.errors import require
from zoo.metrics.base import lenet, reference_lm
from zoo.tokenizers.vocabulary import up_to_end


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Generated and real examples in equal numbers.

    Texts are symbols, int32 [count, length], closed and filled up by the end symbol; images are
    float32 [count, height, width, channels] in [0, 1], points float32 [count, dimension].

    Attributes:
        example: what one example is.
        generated: the samples.
        real: held-out examples, as many.
        training: the examples that the model could learn from (of a running text, some).
        split: which part `real` is of.
        seed: of whatever a measure draws.

    Raises:
        SpecError: not as many generated as real examples.
    """

    example: domains.Domain
    generated: np.ndarray
    real: np.ndarray
    training: np.ndarray
    split: str
    seed: int
    _found: dict = dataclasses.field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self):
        require(
            len(self.generated) == len(self.real),
            f"{len(self.generated)} samples and {len(self.real)} real examples cannot be compared: "
            "what measures give depends on how many there are, so give as many of both.",
        )

    @property
    def count(self) -> int:
        """How many samples there are, and how many real examples."""
        return len(self.generated)

    def of(self, generated: np.ndarray) -> "Comparison":
        """The comparison of other samples, as many, to the same real examples."""
        return dataclasses.replace(self, generated=generated)

    def once(self, name: str, compute):
        """What `compute()` gives, which must not depend on `generated`.

        It is remembered under the name, here and in every comparison made from this one by `of`.
        """
        if name not in self._found:
            self._found[name] = compute()
        return self._found[name]

    def require_count(self, least: int, measure: str) -> None:
        """Raises SpecError where there are fewer than `least` samples."""
        require(
            self.count >= least,
            f"{measure} needs at least {least} samples and as many real examples; there are "
            f"{self.count}. Ask for more, or give data with larger held-out parts.",
        )

    @functools.cached_property
    def features(self) -> tuple[np.ndarray, np.ndarray]:
        """The LeNet's features of the generated and the real images, float32 [count, 84] each."""
        of_real = self.once("features", lambda: lenet.features(self.real))
        return lenet.features(self.generated), of_real

    @functools.cached_property
    def states(self) -> tuple[np.ndarray, np.ndarray]:
        """A judge's mean states of the generated and the real texts, float64 [count, 128] each."""
        judge = reference_lm.trained(self.training, self.example, self.seed)
        of_real = self.once("states", lambda: judge.states(self.real))
        return judge.states(self.generated), of_real

    @functools.cached_property
    def sequences(self) -> tuple[list, list]:
        """The generated and the real texts as lists of tuples of symbols, without the end."""
        end = self.example.vocabulary.end
        return without_end(self.generated, end), without_end(self.real, end)


def without_end(tokens: np.ndarray, end: int) -> list[tuple[int, ...]]:
    """Each text, int32 [count, length], as the tuple of its symbols before the first end."""
    lengths = np.sum(up_to_end(tokens, end).numpy() & (tokens != end), axis=-1)
    return [tuple(row[:length]) for row, length in zip(tokens.tolist(), lengths, strict=True)]
