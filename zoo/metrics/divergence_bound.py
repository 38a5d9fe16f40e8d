"""Lower bound on the divergence from P to Q by the discriminator's loss on held-out data."""

import math

import numpy as np
import tensorflow as tf

from zoo.density_ratio import estimate
from zoo.density_ratio.trained import Trained
from zoo.metrics import Measurement, RunMetric
from zoo.metrics.base import standard_errors
from zoo.objectives.base.contracts import EstimatesDensityRatio


def measure(run: Trained, *, split: str, count: int, seed: int) -> dict[str, Measurement]:
    """Computes H(π) minus the discriminator's loss, in expectation a lower bound of JS_π[P‖Q].

    A discriminator can memorise its training examples; these it has not seen. A value near 0 means
    that this discriminator, not every one, cannot separate samples from data; a negative value
    means that it does worse than a constant prediction of π.

    Args:
        run: a trained run.
        split: the name of the split.
        count: number of samples, and the largest number of real examples.
        seed: for the samples, and for the choice of real examples.

    Returns:
        `divergence_bound` in nats; its count is the number of real examples. Q is the generator as
        it is sampled, with EMA weights if the run kept them. The standard error is over examples,
        for a corpus over pieces of 1,000 tokens as that of `nll`.

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
    return {
        "divergence_bound": Measurement(value, "nats", error, fewer, split, estimate.better(run))
    }


METRIC = RunMetric(estimate.given_by, measure)


def _standard_error(objective: EstimatesDensityRatio, real, generated, step, pieces):
    """Standard error of a mean over data in pieces plus a mean over independent samples."""
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
