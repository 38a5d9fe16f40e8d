"""KL[Q‖P] of a Q that can hold several modes, but fewer than P has.

Source: F. Huszár (2015), arXiv 1511.05101, section 3.
"""

import numpy as np
from numpy.typing import ArrayLike


def optimum(weights: ArrayLike, count: int) -> tuple[np.ndarray, float]:
    """Computes the best Q of `count` modes for a P whose modes do not overlap.

    A Q on the set of modes S can match each of them exactly, and its best weights are P's,
    w_k / w(S), where w(S) = Σ_{k∈S} w_k. Then KL[Q‖P] = -log w(S), which is minimised by the
    `count` heaviest modes.

    Args:
        weights: w_k of P's modes, [modes], of sum one.
        count: number of modes that Q can hold, at least 1.

    Returns:
        Q's weights, [modes], and KL[Q‖P] in nats. Ties between modes go to the first.

    Raises:
        ValueError: weights that do not sum to one, or a count below 1.
    """
    p = np.asarray(weights, np.float64)
    if p.ndim != 1 or not (p >= 0).all() or not np.isclose(p.sum(), 1) or count < 1:
        raise ValueError(
            "weights, [modes], should be at least 0 and sum to one, and count be at least 1; "
            f"received {weights} and {count}."
        )
    kept = np.argsort(-p, kind="stable")[:count]
    q = np.zeros(len(p))
    q[kept] = p[kept] / p[kept].sum()
    return q, float(-np.log(p[kept].sum()))
