"""Data-copying test: closeness of samples to the training images, compared with held-out images."""

import math

import numpy as np

from zoo.metrics import Comparison, Measurement, SampleMetric
from zoo.metrics.base import distances
from zoo.metrics.base.contracts import is_image


def compare(comparison: Comparison) -> dict[str, Measurement]:
    """Computes the probability that a sample is closer to the training set than a real image is.

    The distance to the training set is that to its nearest image, in pixels; ties count half. The
    value is 1/2 for a perfect model, 1 for one that copies training images and 0 for one whose
    samples resemble no image. A model that does both in turn can also have 1/2: read it together
    with precision. Against the training split itself, at distance 0, it is meaningless.

    Args:
        comparison: a `zoo.metrics.Comparison` of images.

    Returns:
        `data_copying`, with the standard error of `probability_below`, given the training
        images.

    Raises:
        SpecError: fewer than two samples.

    Source: C. Meehan, K. Chaudhuri and S. Dasgupta (2020), arXiv 2004.05675: its
    U statistic, normalised to [0, 1], over the whole space as one cell.
    """
    comparison.require_count(2, "data_copying")
    generated, real, training = map(
        distances.flat, (comparison.generated, comparison.real, comparison.training)
    )
    of_real = comparison.once("distances to training", lambda: distances.nearest(real, training))
    value, error = probability_below(distances.nearest(generated, training), of_real)
    unit, count, split = "probability, 0.5 = ideal, 1 = copies", comparison.count, comparison.split
    return {"data_copying": Measurement(value, unit, error, count, split)}


METRIC = SampleMetric(is_image, compare)


def probability_below(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Estimates P(a < b) + P(a = b) / 2, the normalised Mann-Whitney statistic.

    Args:
        a: independent numbers [count of a], at least two.
        b: independent numbers [count of b], at least two.

    Returns:
        The value and its standard error over draws of both, which is 0 if the two sets are
        separated.

    Source: E. DeLong, D. DeLong and D. Clarke-Pearson (1988), "Comparing the areas under two or
    more correlated receiver operating characteristic curves".
    """
    below, above = _share_above(a, b), 1 - _share_above(b, a)
    variance = np.var(below, ddof=1) / len(a) + np.var(above, ddof=1) / len(b)
    return float(np.mean(below)), math.sqrt(variance)


def _share_above(a, b):
    """For each number of `a`, the share of `b` that is larger, ties counting half, [count of a]."""
    ordered = np.sort(b)
    ends = [np.searchsorted(ordered, a, side) for side in ("left", "right")]
    return 1 - np.mean(ends, axis=0) / len(b)
