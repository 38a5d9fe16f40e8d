"""What the discriminator proves on held-out data about the divergence from P to Q."""

import math

import numpy as np

from zoo.density_ratio import estimate
from zoo.metrics import Measurement
from zoo.metrics.base import standard_errors


def applies(run) -> bool:
    """Whether the run has a discriminator."""
    return estimate.given_by(run)


def measure(run, *, split: str, count: int, seed: int) -> dict[str, Measurement]:
    """H(π) less the discriminator's loss: a lower bound of JS_π[P‖Q] in expectation.

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
        it is sampled, with averaged weights where the run kept an average. The standard error is
        over examples, of running text over pieces of 1,000 tokens as that of `nll`.

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


def _standard_error(objective, real_logits, generated_logits, pi, pieces):
    """Of π times one mean plus 1 - π times another, of data in pieces and independent samples."""
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
