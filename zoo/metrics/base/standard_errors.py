"""Standard errors of statistics of independent examples."""

import math

import numpy as np


def of_mean(values: np.ndarray) -> float | None:
    """Standard error of the mean of values [count], from their variance; None below two values."""
    if len(values) < 2:
        return None
    return float(np.std(values, ddof=1)) / math.sqrt(len(values))


def of_sum(values: np.ndarray) -> float | None:
    """Standard error of the sum of values [count], from their variance; None below two values."""
    error = of_mean(values)
    return None if error is None else error * len(values)


def of_ratio(numerators: np.ndarray, denominators: np.ndarray) -> float | None:
    """Standard error of Σ numerators / Σ denominators over examples, by the delta method.

    √(n/(n-1) Σ_i (a_i - R b_i)²) / Σ_i b_i, with R the ratio.

    Args:
        numerators: a, [count].
        denominators: b, [count].

    Returns:
        The standard error; None for fewer than two examples.
    """
    count, total = len(numerators), np.sum(denominators)
    if count < 2:
        return None
    residuals = numerators - np.sum(numerators) / total * denominators
    return float(np.sqrt(count / (count - 1) * np.sum(residuals**2)) / total)


def of_mean_in_pieces(values: np.ndarray, pieces: np.ndarray) -> float | None:
    """Standard error of the mean of values that are independent only across pieces.

    Computed as the error of a ratio over pieces, the sum of a piece's values to their number; if
    every value is its own piece, it equals `of_mean`.

    Args:
        values: [count].
        pieces: the piece of each value, integers [count].

    Returns:
        The standard error; None for fewer than two pieces.
    """
    _, members = np.unique(pieces, return_inverse=True)
    return of_ratio(np.bincount(members, values), np.bincount(members))


def jackknife(left_out: np.ndarray) -> float | None:
    """Standard error of a statistic from its leave-one-out values.

    √((n-1)/n Σ_i (T_i - mean T)²). For a symmetric statistic its square is on average at least
    the variance of the statistic of n - 1 examples.

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
