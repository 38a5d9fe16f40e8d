"""Splits examples into parts by one fixed permutation."""

import numpy as np

from zoo.errors import DataError


def order(count: int) -> np.ndarray:
    """Returns a fixed permutation of the numbers below `count`, an integer array [count]."""
    # RandomState's stream never changes with the version of NumPy; default_rng's may.
    return np.random.RandomState(0).permutation(count)


def indices(count: int, source: str, held_out: int = 2) -> list[np.ndarray]:
    """Splits off held-out parts of a tenth of the examples each.

    Args:
        count: the number of examples.
        source: the source of the examples, for the error.
        held_out: the number of held-out parts.

    Returns:
        The indices of 1 + `held_out` parts, the training part first, each in shuffled order.

    Raises:
        DataError: there are fewer than 10 examples to split.
    """
    tenth = count // 10
    if held_out and not tenth:
        raise DataError(
            f"{source} has {count} examples, too few to split off a tenth: give at least 10."
        )
    return np.split(order(count), [count - part * tenth for part in range(held_out, 0, -1)])
