"""Standard errors of statistics of independent examples."""

import math

import numpy as np


def of_mean(values: np.ndarray) -> float | None:
    """That of the mean of values [count], from their variance; None for fewer than two."""
    if len(values) < 2:
        return None
    return float(np.std(values, ddof=1)) / math.sqrt(len(values))


def of_sum(values: np.ndarray) -> float | None:
    """That of the sum of values [count], from their variance; None for fewer than two."""
    error = of_mean(values)
    return None if error is None else error * len(values)


def of_ratio(numerators: np.ndarray, denominators: np.ndarray) -> float | None:
    """That of Σ numerators / Σ denominators over examples, by the delta method.

    √(n/(n-1) Σ_i (a_i - R b_i)²) / Σ_i b_i, with R the ratio.

    Args:
        numerators: a, [count].
        denominators: b, [count].

    Returns:
        The standard error; None for fewer than two examples, which have no variance.
    """
    count, total = len(numerators), np.sum(denominators)
    if count < 2:
        return None
    residuals = numerators - np.sum(numerators) / total * denominators
    return float(np.sqrt(count / (count - 1) * np.sum(residuals**2)) / total)


def of_mean_in_pieces(values: np.ndarray, pieces: np.ndarray) -> float | None:
    """That of the mean of values which are independent only if they are of different pieces.

    It is that of a ratio, of the sum of a piece's values to their number, over pieces; where each
    value is a piece of its own, it is `of_mean`.

    Args:
        values: [count].
        pieces: the number of each value's piece, integers [count].

    Returns:
        The standard error; None for fewer than two pieces.
    """
    _, members = np.unique(pieces, return_inverse=True)
    return of_ratio(np.bincount(members, values), np.bincount(members))


def jackknife(left_out: np.ndarray) -> float | None:
    """That of a statistic, from its values without one example after the other.

    √((n-1)/n Σ_i (T_i - mean T)²). For a symmetric statistic its square is on average no less
    than the variance of the statistic of n - 1 examples.

    Args:
        left_out: T_i, the statistic of all examples but the i-th, [count].

    Returns:
        The standard error; None for fewer than two examples.

    Source: B. Efron and C. Stein (1981), The jackknife estimate of variance, Annals of Statistics
    9, theorem 1.
    """
    if len(left_out) < 2:
        return None
    return float(np.std(left_out)) * math.sqrt(len(left_out) - 1)
