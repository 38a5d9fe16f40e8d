"""The kernel distance of samples to data, as a classifier trained on MNIST sees them."""

import math
from typing import NamedTuple

import numpy as np

from zoo.metrics import Measurement

_ROWS = 500


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
        SpecError: fewer than three samples.

    Source: M. Bińkowski et al. (2018), arXiv 1801.01401, section 4, with other features.
    """
    comparison.require_count(3, "lenet_kid")
    value, error = kernel_distance(*comparison.features)
    unit = "squared MMD of LeNet features"
    count, split = comparison.count, comparison.split
    return {"lenet_kid": Measurement(value, unit, error, count, split, "lower")}


def kernel_distance(a, b) -> tuple[float, float]:
    """E k(x, x') + E k(y, y') - 2 E k(x, y) without bias, where k(x, y) = (xy / size + 1)³.

    All pairs are used, not a hundred subsets of 1,000, which would be the same in expectation
    with more noise. Pairs of an element with itself are left out of the first two terms.

    Args:
        a: features x, [count of a, size], at least three rows.
        b: features y, [count of b, size].

    Returns:
        The value and its standard error over draws of both sets. The squared error is
        4 var(f) / n + 4 var(g) / m, with f and g the mean differences of a row of `a` and of `b`
        to the others, less what the finite means add to these variances; what remains is right
        also where the distributions are alike and both variances vanish.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    n, m = len(a), len(b)
    aa, bb, ab = _kernel(a, a, 1), _kernel(b, b, 1), _kernel(a, b, 0)
    value = np.mean(aa.rows) + np.mean(bb.rows) - 2 * np.mean(ab.rows)
    variance = 4 * np.var(aa.rows - ab.rows) / n + 4 * np.var(bb.rows - ab.columns) / m
    variance -= 2 * aa.rest / n**2 + 2 * bb.rest / m**2 + 4 * ab.rest / (n * m)
    return float(value), math.sqrt(max(0.0, variance))


class _Kernel(NamedTuple):
    """Means of the rows and columns of a matrix, and the mean square of what they leave over."""

    rows: np.ndarray
    columns: np.ndarray
    rest: float


def _kernel(a, b, omitted):
    """The kernel of all rows of `a` and `b`; where these are the same, `omitted` is 1."""
    rows, columns, squares = [], np.zeros(len(b)), 0.0
    for begin in range(0, len(a), _ROWS):
        inner = a[begin : begin + _ROWS] @ b.T / a.shape[1] + 1
        values = inner * inner * inner
        if omitted:
            np.fill_diagonal(values[:, begin:], 0)
        rows.append(np.sum(values, axis=1))
        columns += np.sum(values, axis=0)
        squares += np.vdot(values, values)
    rows = np.concatenate(rows) / (len(b) - omitted)
    columns /= len(a) - omitted
    square = squares / (len(a) * (len(b) - omitted))
    rest = square - np.mean(rows**2) - np.mean(columns**2) + np.mean(rows) ** 2
    return _Kernel(rows, columns, rest)
