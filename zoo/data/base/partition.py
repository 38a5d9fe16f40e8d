"""One fixed division of examples that come in one piece."""

import numpy as np

from zoo.errors import DataError


def order(count: int) -> np.ndarray:
    """A fixed permutation of the numbers below `count`, an integer array [count]."""
    # RandomState's stream never changes with the version of NumPy; default_rng's may.
    return np.random.RandomState(0).permutation(count)


def indices(count: int, source: str, held_out: int = 2) -> list[np.ndarray]:
    """Where the training part and the held-out parts, a tenth of the examples each, are found.

    Args:
        count: the number of examples.
        source: where they come from, for the error.
        held_out: the number of held-out parts.

    Returns:
        1 + `held_out` integer arrays, the training part first, each in shuffled order.

    Raises:
        DataError: there are fewer than 10 examples to split.
    """
    tenth = count // 10
    if held_out and not tenth:
        raise DataError(
            f"{source} has {count} examples, too few to split off a tenth: give at least 10."
        )
    return np.split(order(count), [count - part * tenth for part in range(held_out, 0, -1)])
