"""Kernel distance (squared MMD) between samples and data in LeNet features."""

import math

import numpy as np

from zoo.metrics import Comparison, Measurement, SampleMetric
from zoo.metrics.base.contracts import is_digits

_ROWS = 100


def compare(comparison: Comparison) -> dict[str, Measurement]:
    """Computes the squared MMD of the LeNet's 84 features under a cubic kernel.

    The formula is that of the KID, but with other features: values of the two are not comparable.
    The estimate of the squared maximum mean discrepancy is unbiased at every count, hence sometimes
    negative for samples close to the data.

    Args:
        comparison: a `zoo.metrics.Comparison` of images.

    Returns:
        `lenet_kid`, with the standard error of `kernel_distance`.

    Raises:
        SpecError: fewer than two samples.

    Source: M. Bińkowski et al. (2018), arXiv 1801.01401, section 4, with other features.
    """
    comparison.require_count(2, "lenet_kid")
    value, error = kernel_distance(*comparison.features)
    unit = "squared MMD of LeNet features"
    count, split = comparison.count, comparison.split
    return {"lenet_kid": Measurement(value, unit, error, count, split, "lower")}


METRIC = SampleMetric(is_digits, compare)


def kernel_distance(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Estimates E k(x, x') + E k(y, y') - 2 E k(x, y) without bias, k(x, y) = (xy / size + 1)³.

    All pairs are used instead of a hundred subsets of 1,000, which would have the same expectation
    and more noise. Pairs of an element with itself are left out of the first two terms.

    Args:
        a: features x, [count of a, size], at least two rows.
        b: features y, [count of b, size], at least two rows.

    Returns:
        The value and its standard error over draws of both sets, the root of
        4 var(f) / n + 4 var(g) / m, where f is the mean of k over the rest of `a` minus that over
        `b`, for each row of `a`, and g the same for `b`. For similar distributions it is too large,
        by √2 at most, like the jackknife's.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    within_a, within_b = (_sums(each, each)[0] - _itself(each) for each in (a, b))
    to_b, to_a = _sums(a, b)
    f = within_a / (len(a) - 1) - to_b / len(b)
    g = within_b / (len(b) - 1) - to_a / len(a)
    variance = 4 * np.var(f, ddof=1) / len(a) + 4 * np.var(g, ddof=1) / len(b)
    return float(np.mean(f) + np.mean(g)), math.sqrt(variance)


def _kernel(inner, size):
    plain = inner / size + 1
    return plain * plain * plain  # ten times as fast as a power


def _itself(a):
    """k(x, x) of each row, [count]."""
    return _kernel(np.sum(a * a, axis=1), a.shape[1])


def _sums(a, b):
    """Σ k over `b` for each row of `a`, and over `a` for each row of `b`."""
    to_b, to_a = [], np.zeros(len(b))
    for begin in range(0, len(a), _ROWS):
        values = _kernel(a[begin : begin + _ROWS] @ b.T, a.shape[1])
        to_b.append(np.sum(values, axis=1))
        to_a += np.sum(values, axis=0)
    return np.concatenate(to_b), to_a
