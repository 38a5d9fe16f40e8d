"""Input of the sample metrics: samples, as many real examples, and training examples."""

import dataclasses
import functools
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from zoo import domains
from zoo.errors import require
from zoo.metrics.base import lenet, reference_lm
from zoo.tokenizers.vocabulary import up_to_end

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Generated and real examples in equal numbers.

    Texts are tokens, int32 [count, length], ended and padded by the end token; images are
    float32 [count, height, width, channels] in [0, 1]; points are float32 [count, dimension].

    Attributes:
        domain: the domain of the examples.
        generated: the samples.
        real: as many held-out examples.
        training: examples that the model could learn from; of a corpus, some windows.
        split: the name of the split that `real` is from.
        seed: for everything that a metric draws.
        rows: the training examples that `training` is drawn from by their weights, each once; None:
            they have no weights.

    Raises:
        SpecError: the numbers of generated and real examples differ.
    """

    domain: domains.Domain
    generated: np.ndarray
    real: np.ndarray
    training: np.ndarray
    split: str
    seed: int
    rows: np.ndarray | None = None
    _found: dict = dataclasses.field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self):
        require(
            len(self.generated) == len(self.real),
            f"{len(self.generated)} samples and {len(self.real)} real examples cannot be compared: "
            "metrics depend on the number of examples, so give equal numbers.",
        )

    @property
    def count(self) -> int:
        """Number of samples, and of real examples."""
        return len(self.generated)

    def of(self, generated: np.ndarray) -> "Comparison":
        """Returns a comparison of other samples, as many, with the same real examples."""
        return dataclasses.replace(self, generated=generated)

    def once(self, name: str, compute: Callable[[], T]) -> T:
        """Returns `compute()`, cached by name; it must not depend on `generated`.

        The cache is shared with every comparison made from this one by `of`.
        """
        if name not in self._found:
            self._found[name] = compute()
        return self._found[name]

    def require_count(self, least: int, metric: str) -> None:
        """Raises SpecError if there are fewer than `least` samples."""
        require(
            self.count >= least,
            f"{metric} needs at least {least} samples and as many real examples; there are "
            f"{self.count}. Raise the count, or use data with larger held-out splits.",
        )

    @functools.cached_property
    def features(self) -> tuple[np.ndarray, np.ndarray]:
        """LeNet features of the generated and the real images, float32 [count, 84] each."""
        of_real = self.once("features", lambda: lenet.features(self.real))
        return lenet.features(self.generated), of_real

    @functools.cached_property
    def states(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean hidden states of the reference language model for generated and real texts.

        It is trained on `training`. Returns float64 [count, 128] each.
        """
        reference = reference_lm.trained(self.training, self.domain, self.seed)
        of_real = self.once("states", lambda: reference.states(self.real))
        return reference.states(self.generated), of_real

    @functools.cached_property
    def sequences(self) -> tuple[list, list]:
        """The generated and the real texts as lists of tuples of tokens, without the end token."""
        end = self.domain.vocabulary.end
        return without_end(self.generated, end), without_end(self.real, end)


def without_end(tokens: np.ndarray, end: int) -> list[tuple[int, ...]]:
    """Converts texts, int32 [count, length], to tuples of the tokens before the first end token."""
    lengths = np.sum(up_to_end(tokens, end).numpy() & (tokens != end), axis=-1)
    return [tuple(row[:length]) for row, length in zip(tokens.tolist(), lengths, strict=True)]
