"""Euclidean distances between many vectors, by matrix products of a few rows at a time."""

from collections.abc import Iterator

import numpy as np

_ROWS = 100  # few enough for their distances to be used before they leave the cache


def flat(images: np.ndarray) -> np.ndarray:
    """Reshapes images [count, height, width, channels] to vectors, [count, size]."""
    return images.reshape(len(images), -1)


def squared(a: np.ndarray, b: np.ndarray) -> Iterator[np.ndarray]:
    """Yields the squared distances |x - y|² from blocks of rows x of `a` to all rows y of `b`.

    Computed as |x|² + |y|² - 2xy, with an error of about 1e-15 |x| |y| in float64 and
    1e-7 |x| |y| in float32; negative results of rounding are set to 0.

    Args:
        a: floats [count of a, size].
        b: floats [count of b, size], of the same type.

    Yields:
        Blocks [rows, count of b] of that type, in the order of `a`.
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
    """Computes the distance from each row of `a` to its nearest row of `b`, float64 [count of a].

    The search runs in the type of `a` and `b`. The distance to the row found is then recomputed
    from the difference, so that equal rows have distance 0.
    """
    indices = np.concatenate([np.argmin(rows, axis=1) for rows in squared(a, b)])
    return np.linalg.norm((a - b[indices]).astype(np.float64), axis=1)


def radii(a: np.ndarray, k: int) -> np.ndarray:
    """Computes the squared distance from each row of `a` to its k-th nearest other row.

    Returns:
        Floats [count of a].
    """
    # The smallest is a row's distance to itself.
    return np.concatenate([np.partition(rows, k, axis=1)[:, k] for rows in squared(a, a)])
