"""Estimates of log P - log Q by a run's discriminator."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import tensorflow as tf

from zoo.batch import Batch
from zoo.data.base.splits import ContiguousText
from zoo.density_ratio.trained import Trained
from zoo.errors import require
from zoo.objectives.base.contracts import (
    DiscriminatorObjective,
    EstimatesDensityRatio,
    FixedGeneratorObjective,
)

_AT_ONCE = 250


def given_by(run: Trained) -> bool:
    """True where the run was trained against a discriminator."""
    return isinstance(run.objective, DiscriminatorObjective)


def require_given(run: Trained) -> None:
    """Raises SpecError unless the logits of the run's discriminator estimate a density ratio."""
    require(
        given_by(run),
        "The run has no discriminator: it was not trained against one. --objective=density_ratio "
        "with --init_from trains one of its samples.",
    )
    require(
        isinstance(run.objective, EstimatesDensityRatio),
        f"The discriminator's logits estimate no density ratio where {type(run.objective).__name__}"
        " is the objective; train by one whose logits do, such as generalised_js.",
    )


def better(run: Trained) -> Literal["higher", "lower"]:
    """The direction of better divergence bounds of the run's own discriminator.

    A generator is the better for less, a discriminator of a fixed generator for more.
    """
    return "higher" if isinstance(run.objective, FixedGeneratorObjective) else "lower"


def logits(run: Trained, examples: Batch) -> tf.Tensor:
    """The discriminator's logits of examples, float32 [count].

    Args:
        run: a trained run.
        examples: images, points or tokens, with labels where the data come with labels.

    Raises:
        SpecError: no density ratio is estimated, or labels are missing or too many.
    """
    require_given(run)
    conditional = run.domain.num_classes > 0
    require(
        (examples.labels is not None) == conditional,
        f"The discriminator reads {'examples with their labels' if conditional else 'examples'},"
        f" as the data gives them; these come with{'out' if conditional else ''} labels.",
    )
    return logits_of(run.model.discriminator, examples)


def logits_of(discriminator: Callable, examples: Batch) -> tf.Tensor:
    """A discriminator's logits of examples, float32 [count]; see `logits`."""
    parts = [_part(examples, first) for first in range(0, len(examples.values), _AT_ONCE)]
    return tf.concat([_logits(discriminator, part) for part in parts], axis=0)


def last_update(run: Trained) -> int:
    """The training step of the last update, at which the discriminator's logits are interpreted."""
    return max(run.step - 1, 0)


def log_density_ratio(run: Trained, examples: Batch) -> np.ndarray:
    """The estimates of r = log P - log Q in nats that the `logits` make, float64 [count]."""
    found = logits(run, examples)
    ratio = run.objective.log_density_ratio(found, last_update(run))
    return ratio.numpy().astype(np.float64)


def held_out(run: Trained, split: str, count: int, seed: int) -> tuple[Batch, Batch]:
    """Real examples and samples that are not refined, as the discriminator was trained on them.

    Args:
        run: a trained run.
        split: where the real examples are from; of contiguous text, windows that do not overlap.
        count: the number of samples, and the most real examples.
        seed: of the samples, and of which real examples are taken where there are more.

    Raises:
        SpecError: no density ratio is estimated.
        DataError: the data is not to be had.
    """
    require_given(run)
    return real_and_generated(run.unrefined, split, count, seed)


def real_and_generated(run: Trained, split: str, count: int, seed: int) -> tuple[Batch, Batch]:
    """Real examples and samples of any run, as its sampler draws them; see `held_out`."""
    data = run.dataset.split(split)
    if isinstance(data, ContiguousText):
        return Batch(data.separate_windows(count, seed)), run.examples(count, seed)
    size = num_real(data, count)
    if run.domain.num_classes:
        real = Batch(*data.labelled_batch(0, size, seed))
    else:
        real = Batch(data.batch(0, size, seed))
    return real.map(np.asarray), run.examples(count, seed)


def pieces(run: Trained, split: str, count: int, seed: int) -> np.ndarray:
    """Numbers by which the real examples of `held_out` are independent of each other, [count].

    Neighbouring windows of contiguous text are about the same things, and their logits are
    correlated even where they do not overlap. Those that begin in one piece of 1,000
    tokens have one number; other examples have one each.
    """
    data = run.dataset.split(split)
    if isinstance(data, ContiguousText):
        return data.pieces(count, seed)
    return np.arange(num_real(data, count))


def num_real(data: tuple, count: int) -> int:
    """The number of real examples, at most `count`, that `held_out` takes from a split."""
    if isinstance(data, ContiguousText):
        return min(count, len(data) // data.length)
    # Where rows have weights they are drawn, and there are as many as one asks for.
    return min(count, len(data)) if data.weights is None else count


def _part(examples, first):
    return examples.map(lambda rows: rows[first : first + _AT_ONCE])


@tf.function(reduce_retracing=True)
def _logits(discriminator, examples):
    return discriminator(*examples)
