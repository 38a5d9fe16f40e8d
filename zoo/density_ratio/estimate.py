"""What a run's discriminator says of examples."""

import numpy as np
import tensorflow as tf

from zoo.batch import Batch
from zoo.data.base.splits import RunningText
from zoo.errors import require

_AT_ONCE = 250


def given_by(run) -> bool:
    """Whether the run has a discriminator."""
    return "discriminator" in run.model.networks()


def logits(run, examples: Batch):
    """The discriminator's logits of examples, float32 [count].

    Args:
        run: a trained run.
        examples: images, points or tokens, with labels where the data come with labels.

    Raises:
        SpecError: the run has no discriminator, or labels are missing or too many.
    """
    _require_discriminator(run)
    conditional = run.example.num_classes > 0
    require(
        (examples.labels is not None) == conditional,
        f"The discriminator reads {'examples with their labels' if conditional else 'examples'},"
        f" as the data gives them; these come with{'out' if conditional else ''} labels.",
    )
    parts = [_part(examples, first) for first in range(0, len(examples.values), _AT_ONCE)]
    return tf.concat([_judged(run.model.discriminator, part) for part in parts], axis=0)


def pi(run):
    """The π of the last training step, by which the discriminator's logits are to be read."""
    return run.objective.pi_at(max(run.step - 1, 0))


def log_density_ratio(run, examples: Batch) -> np.ndarray:
    """The estimates of r = log P - log Q in nats that the `logits` make, float64 [count]."""
    found = logits(run, examples)
    ratio = run.objective.log_density_ratio(found, pi(run))
    return ratio.numpy().astype(np.float64)


def held_out(run, split: str, count: int, seed: int) -> tuple[Batch, Batch]:
    """Real examples and samples.

    Args:
        run: a trained run.
        split: where the real examples are from; of a running text, windows that do not overlap.
        count: how many samples, and at most how many real examples.
        seed: of the samples, and of which real examples are taken where there are more.

    Raises:
        SpecError: the run has no discriminator.
        DataError: the data is not to be had.
    """
    _require_discriminator(run)
    data = run.dataset.split(split)
    if isinstance(data, RunningText):
        return Batch(data.separate_windows(count, seed)), run.examples(count, seed)
    size = num_real(data, count)
    if run.example.num_classes:
        real = Batch(*data.labelled_batch(0, size, seed))
    else:
        real = Batch(data.batch(0, size, seed))
    return real.map(np.asarray), run.examples(count, seed)


def pieces(run, split: str, count: int, seed: int) -> np.ndarray:
    """Numbers by which the real examples of `held_out` are independent of each other, [count].

    Neighbouring windows of a running text are about the same things, and what a discriminator
    says of them is alike even where they do not overlap. Those that begin in one piece of 1,000
    tokens have one number; other examples have one each.
    """
    data = run.dataset.split(split)
    if isinstance(data, RunningText):
        return data.pieces(count, seed)
    return np.arange(num_real(data, count))


def num_real(data, count: int) -> int:
    """How many of at most `count` real examples a split gives for `held_out`."""
    if isinstance(data, RunningText):
        return min(count, len(data) // data.length)
    # Where rows have weights they are drawn, and there are as many as one asks for.
    return min(count, len(data)) if data.weights is None else count


def _require_discriminator(run):
    require(given_by(run), "The run has no discriminator: it was not trained against one.")


def _part(examples, first):
    return examples.map(lambda rows: rows[first : first + _AT_ONCE])


@tf.function(reduce_retracing=True)
def _judged(discriminator, examples):
    return discriminator(*examples)
