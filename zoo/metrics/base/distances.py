"""Euclidean distances between many vectors, by matrix products of a few rows at a time."""

import numpy as np

_ROWS = 100  # few enough for their distances to be used before they leave the cache


def flat(images: np.ndarray) -> np.ndarray:
    """Images [count, height, width, channels] as vectors, [count, size]."""
    return images.reshape(len(images), -1)


def squared(a: np.ndarray, b: np.ndarray):
    """Yields |x - y|² of the rows x of `a`, some at a time and in order, to all rows y of `b`.

    It is |x|² + |y|² - 2xy, exact to about 1e-15 |x| |y| in float64 and 1e-7 |x| |y| in float32;
    what rounding takes below 0 is 0.

    Args:
        a: float [count of a, size].
        b: float [count of b, size], of the same type.

    Yields:
        Of that type, [some, count of b].
    """
    squares = np.einsum("ij,ij->i", b, b)
    for begin in range(0, len(a), _ROWS):
        rows = a[begin : begin + _ROWS]
        found = rows @ b.T
        found *= -2
        found += squares
        found += np.einsum("ij,ij->i", rows, rows)[:, None]
        yield np.maximum(found, 0, out=found)


def nearest(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The distance from each row of `a` to the nearest row of `b`, float64 [count of a].

    The search is in the type of `a` and `b`; the distance to what it finds is computed anew from
    the difference, so that equal rows have distance 0.
    """
    indices = np.concatenate([np.argmin(rows, axis=1) for rows in squared(a, b)])
    return np.linalg.norm((a - b[indices]).astype(np.float64), axis=1)


def radii(a: np.ndarray, k: int) -> np.ndarray:
    """The squared distance from each row of `a` to its k-th nearest other row, [count of a]."""
    # The smallest is a row's distance to itself.
    return np.concatenate([np.partition(rows, k, axis=1)[:, k] for rows in squared(a, a)])
