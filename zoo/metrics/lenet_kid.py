"""The kernel distance of samples to data, as a classifier trained on MNIST sees them."""

import math

import numpy as np

from zoo.metrics import Measurement

_ROWS = 100


def applies(subject) -> bool:
    """Whether the images show digits."""
    return subject.example.kind == "image" and subject.example.digits


def compare(comparison) -> dict[str, Measurement]:
    """The squared maximum mean discrepancy of the LeNet's 84 features under a cubic kernel.

    It is the formula of the KID on other features: values of the two have nothing to do with each
    other. It is unbiased at every count, hence below 0 at times where samples are like the data.

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


def kernel_distance(a, b) -> tuple[float, float]:
    """E k(x, x') + E k(y, y') - 2 E k(x, y) without bias, where k(x, y) = (xy / size + 1)³.

    All pairs are used, not a hundred subsets of 1,000, which would be the same in expectation
    with more noise. Pairs of an element with itself are left out of the first two terms.

    Args:
        a: features x, [count of a, size], at least two rows.
        b: features y, [count of b, size], the same.

    Returns:
        The value and its standard error over draws of both sets, the root of
        4 var(f) / n + 4 var(g) / m, where f is the mean of k over the rest of `a` less that over
        `b`, for each row of `a`, and g the same for `b`. Where the distributions are alike it is
        too large, by √2 at most, as the jackknife's.
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
