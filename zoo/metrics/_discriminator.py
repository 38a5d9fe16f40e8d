"""What a run's discriminator says of held-out data and of samples."""

import numpy as np
import tensorflow as tf

_BATCH = 250


def applies(run) -> bool:
    """Whether the run has a discriminator."""
    return "discriminator" in run.model.networks()


def logits(run, split: str, count: int, seed: int):
    """The discriminator's logits of real examples and of samples.

    Args:
        run: a trained run.
        split: where the real examples are from.
        count: how many samples, and at most how many real examples.
        seed: of the samples, and of which real examples are taken where there are more.

    Returns:
        Two tensors float32, [at most count] and [count].
    """
    data = run.dataset.split(split)
    real = data.batch(0, min(count, len(data)), seed).numpy()
    return tuple(_judged(run.model.discriminator, each) for each in (real, run.draw(count, seed)))


def log_ratios(run, split: str, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The estimates of r = log P - log Q in nats that the `logits` make, two float64 arrays."""
    pi = run.objective.pi_at(run.step)
    real, generated = (
        run.objective.log_density_ratio(each, pi) for each in logits(run, split, count, seed)
    )
    return real.numpy().astype(np.float64), generated.numpy().astype(np.float64)


def _judged(discriminator, examples):
    parts = [
        _judge(discriminator, examples[begin : begin + _BATCH])
        for begin in range(0, len(examples), _BATCH)
    ]
    return tf.concat(parts, axis=0)


@tf.function(reduce_retracing=True)
def _judge(discriminator, examples):
    return discriminator(examples)
