"""The settings of refined sampling, and the samplers that draw token by token."""

import dataclasses
from collections.abc import Callable

from zoo import spec
from zoo.errors import require


@dataclasses.dataclass(frozen=True)
class Refinement:
    """Chooses whole samples among candidates by the density ratio; one of the two is given.

    Attributes:
        candidates: K, the number of candidates of each sample, of which one is resampled.
        acceptance: the share of candidates that is accepted.
    """

    candidates: int | None = None
    acceptance: float | None = None


def is_refinement(text: str) -> bool:
    """True for the spec of a sampler that chooses among whole samples."""
    return isinstance(spec.build("samplers", text), Refinement)


def of_tokens(text: str) -> Callable:
    """Builds the sampler of a spec that draws token by token.

    Raises:
        SpecError: an unknown sampler, or one that chooses among whole samples.
    """
    sampler = spec.build("samplers", text)
    require(
        not isinstance(sampler, Refinement),
        f"{text} chooses among whole samples by a discriminator: it draws no single token, and the "
        "probability of its samples is not known. Give another sampler, such as 'ancestral()'.",
    )
    return sampler
