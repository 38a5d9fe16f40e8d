"""Temperature scaling of a discriminator's log density ratio on held-out data."""

import math
import sys

import numpy as np

from zoo.density_ratio import estimate
from zoo.errors import require

COUNT = 2000
_SEED = 2**31 - 1  # the samples of no evaluation
_HALVINGS = 60


def fitted(run) -> float:
    """The `temperature` of a run's discriminator.

    Args:
        run: a trained run; at most `COUNT` examples of its validation split are taken, and
            `COUNT` samples of the generator as it is sampled, with EMA weights where the run kept
            them.

    Raises:
        SpecError: no density ratio is estimated.
        DataError: the data is not to be had.
    """
    both = estimate.held_out(run, "validation", COUNT, _SEED)
    return temperature(*(estimate.log_density_ratio(run, examples) for examples in both))


def temperature(real: np.ndarray, generated: np.ndarray) -> float:
    """T > 0 by which ratios are to be divided, so that probabilities σ(r/T) are the best.

    With weights one half for data and samples, however many there are, T minimises

        1/2 E_P[H(y, σ(r/T))] + 1/2 E_Q[H(1 - y, σ(r/T))],    H(y, s) = -y log s - (1-y) log(1-s)

    where labels y = (n + 1) / (n + 2) of n examples in place of 1 keep T above 0 where a few
    examples are all classified correctly. The sign of r stays: T changes the discriminator's
    confidence, not its classifications, nor the ratio's average error.

    Args:
        real: r of held-out data in nats, float [n].
        generated: r of samples in nats, float [m].

    Returns:
        T; above 1 where r is too far from 0. Infinity where r is no larger for data than for
        samples, so that 0 is the best estimate of all; 1 where r is 0 everywhere.

    Raises:
        SpecError: no examples, or a ratio that is not finite.

    Source: C. Guo et al., "On Calibration of Modern Neural Networks", arXiv 1706.04599 (2017),
    section 4.2; the labels are those of J. Platt, "Probabilistic Outputs for Support Vector
    Machines" (1999).
    """
    ratios = [np.asarray(each, np.float64) for each in (real, generated)]
    require(
        all(len(each) and np.isfinite(each).all() for each in ratios),
        "A temperature is fitted to finite ratios of both data and samples.",
    )
    largest = max(np.abs(each).max() for each in ratios)
    if largest == 0:
        return 1.0
    # The loss is convex in 1/T: its slope grows from that at 0, and is above 0 at last.
    # In units of the largest ratio, since the inverse of a tiny one would overflow.
    ratios = [each / largest for each in ratios]
    low, high = 0.0, 1.0
    if _slope(0.0, *ratios) >= 0:
        return math.inf
    while _slope(high, *ratios) < 0:
        low, high = high, 2 * high
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _slope(middle, *ratios) < 0 else (low, middle)
    return max(float(largest / high), sys.float_info.min)


def _slope(inverse, real, generated):
    """The derivative of the loss with respect to 1/T."""
    return _mean_slope(inverse, real) + _mean_slope(inverse, -generated)


def _mean_slope(inverse, ratios):
    """The part of examples whose label is 1, or of the negative ratios of those of label 0."""
    label = (len(ratios) + 1) / (len(ratios) + 2)
    probability = np.exp(-np.logaddexp(0, -inverse * ratios))
    return np.mean((probability - label) * ratios) / 2
