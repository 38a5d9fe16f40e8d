"""The discriminator's lower bound, on held-out data, of the divergence of P and Q."""

import math

import numpy as np
import tensorflow as tf

from zoo.density_ratio import estimate
from zoo.metrics import Measurement
from zoo.metrics.base import standard_errors
from zoo.objectives.base.contracts import DensityRatioObjective


def applies(run) -> bool:
    """Whether the run has a discriminator."""
    return estimate.given_by(run)


def measure(run, *, split: str, count: int, seed: int) -> dict[str, Measurement]:
    """A lower bound of JS_π[P‖Q] in expectation: H(π) less the discriminator's loss.

    In training the discriminator can know its examples by heart; here it has not seen them. A
    value near 0 says that this discriminator, not every one, cannot tell samples from data; a
    negative value says that it is worse than the one which knows nothing but π.

    Args:
        run: a trained run.
        split: the name of the split.
        count: how many samples, against at most as many real examples.
        seed: of the samples, and of which real examples are taken.

    Returns:
        `divergence_bound` in nats; its count is that of the real examples. Q is the generator as
        it is sampled, with EMA weights where the run kept them. The standard error is over
        examples, of contiguous text over pieces of 1,000 tokens as that of `nll`.

    Raises:
        SpecError: the objective's logits estimate no density ratio.

    Source: F. Huszár (2015), arXiv 1511.05101, section 4.
    """
    examples = estimate.held_out(run, split, count, seed)
    real, generated = (estimate.logits(run, each) for each in examples)
    step = estimate.last_update(run)
    value = float(run.objective.divergence_bound(real, generated, step))
    pieces = estimate.pieces(run, split, count, seed)
    error = _standard_error(run.objective, real, generated, step, pieces)
    fewer = min(count, len(real))
    return {"divergence_bound": Measurement(value, "nats", error, fewer, split, "lower")}


def _standard_error(objective: DensityRatioObjective, real, generated, step, pieces):
    """Of a mean over data in pieces plus a mean over independent samples."""
    other = tf.zeros([1])  # a logit of the other kind shifts all terms alike
    of_real = _terms(lambda logit: objective.divergence_bound(logit, other, step), real)
    of_generated = _terms(lambda logit: objective.divergence_bound(other, logit, step), generated)
    errors = [
        standard_errors.of_mean_in_pieces(of_real, pieces),
        standard_errors.of_mean(of_generated),
    ]
    return None if None in errors else math.hypot(*errors)


def _terms(bound, logits) -> np.ndarray:
    """The bound of each logit on its own, float [count]."""
    return tf.vectorized_map(lambda logit: bound(logit[None]), logits).numpy()
