"""Temperature scaling of a discriminator's log density ratio on held-out data."""

import math
import sys

import numpy as np

from zoo.density_ratio import estimate
from zoo.density_ratio.trained import Trained
from zoo.errors import require

COUNT = 2000
_SEED = 2**31 - 1  # keeps these samples apart from those of an evaluation
_HALVINGS = 60


def fitted(run: Trained) -> float:
    """Fits the calibration temperature of a run's discriminator.

    It is fitted to at most `COUNT` examples of the validation split and to `COUNT` samples of the
    generator as it is sampled, with EMA weights if the run kept them.

    Args:
        run: a trained run.

    Returns:
        T, as in `temperature`.

    Raises:
        SpecError: the run's objective estimates no density ratio.
        DataError: the data is not available.
    """
    both = estimate.held_out(run, "validation", COUNT, _SEED)
    return temperature(*(estimate.log_density_ratio(run, examples) for examples in both))


def temperature(real: np.ndarray, generated: np.ndarray) -> float:
    """Fits T > 0, the divisor of log density ratios r for which σ(r/T) is best calibrated.

    With weights one half for data and samples, whatever their numbers, T minimises

        1/2 E_P[H(y, σ(r/T))] + 1/2 E_Q[H(1 - y, σ(r/T))],    H(y, s) = -y log s - (1-y) log(1-s)

    with labels y = (n + 1) / (n + 2) for n examples instead of 1, which keeps T above 0 when a few
    examples are all classified correctly. The sign of r is kept: T changes the confidence of a
    discriminator, not its ranking, nor its average bias.

    Args:
        real: r of held-out data in nats, float [n].
        generated: r of samples in nats, float [m].

    Returns:
        T; above 1 for an overconfident discriminator. Infinity if r is no larger for data than for
        samples, so that 0 is the best estimate everywhere; 1 if r is 0 everywhere.

    Raises:
        SpecError: no examples, or a ratio that is not finite.

    Source: C. Guo et al., "On Calibration of Modern Neural Networks", arXiv 1706.04599 (2017),
    section 4.2; the labels are those of J. Platt, "Probabilistic Outputs for Support Vector
    Machines" (1999).
    """
    ratios = [np.asarray(each, np.float64) for each in (real, generated)]
    require(
        all(len(each) and np.isfinite(each).all() for each in ratios),
        "A calibration temperature is fitted to finite ratios of both data and samples.",
    )
    largest = max(np.abs(each).max() for each in ratios)
    if largest == 0:
        return 1.0
    # The loss is convex in 1/T: its slope increases and is positive in the end. Ratios are in
    # units of the largest one, since the inverse of a tiny one would overflow.
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
    """Derivative of the loss with respect to 1/T."""
    return _mean_slope(inverse, real) + _mean_slope(inverse, -generated)


def _mean_slope(inverse, ratios):
    """Derivative over examples of label 1, or over negated ratios of examples of label 0."""
    label = (len(ratios) + 1) / (len(ratios) + 2)
    probability = np.exp(-np.logaddexp(0, -inverse * ratios))
    return np.mean((probability - label) * ratios) / 2
