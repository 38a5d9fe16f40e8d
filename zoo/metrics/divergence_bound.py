"""Lower bound on the divergence from P to Q by the discriminator's loss on held-out data."""

import math
from typing import TYPE_CHECKING

import numpy as np

from zoo.density_ratio import estimate
from zoo.metrics import Measurement, RunMetric
from zoo.metrics.base import standard_errors

if TYPE_CHECKING:
    from zoo.runs.run import Run


def measure(run: "Run", *, split: str, count: int, seed: int) -> dict[str, Measurement]:
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

    Source: F. Huszár (2015), arXiv 1511.05101, section 4.
    """
    examples = estimate.held_out(run, split, count, seed)
    real, generated = (estimate.logits(run, each) for each in examples)
    pi = estimate.pi(run)
    value = float(run.objective.divergence_bound(real, generated, pi))
    pieces = estimate.pieces(run, split, count, seed)
    error = _standard_error(run.objective, real, generated, float(pi), pieces)
    fewer = min(count, len(real))
    return {"divergence_bound": Measurement(value, "nats", error, fewer, split, "lower")}


METRIC = RunMetric(estimate.given_by, measure)


def _standard_error(objective, real_logits, generated_logits, pi, pieces):
    """Standard error of π times a mean over data in pieces plus 1 - π times one over samples."""
    shift = math.log(pi) - math.log1p(-pi)
    real = objective.log_density_ratio(real_logits, pi).numpy() + shift
    generated = objective.log_density_ratio(generated_logits, pi).numpy() + shift
    errors = [
        standard_errors.of_mean_in_pieces(np.logaddexp(0, -real), pieces),
        standard_errors.of_mean(np.logaddexp(0, generated)),
    ]
    if None in errors:
        return None
    return math.hypot(pi * errors[0], (1 - pi) * errors[1])
