"""KL[Q‖P] of a Q that can hold several modes, but fewer than P has.

Source: F. Huszár (2015), arXiv 1511.05101, section 3.
"""

import numpy as np


def optimum(weights, count: int) -> tuple[np.ndarray, float]:
    """The best Q of `count` modes for a P whose modes do not overlap.

    A Q of the modes S can be each of them exactly, and its best weights are P's, w_k / w(S), where
    w(S) = Σ_{k∈S} w_k. Then KL[Q‖P] = -log w(S), which the `count` heaviest modes make least.

    Args:
        weights: w_k of P's modes, [modes], of sum one.
        count: how many modes Q can hold, at least 1.

    Returns:
        Q's weights, [modes], and KL[Q‖P] in nats. Of equal modes it keeps the first.

    Raises:
        ValueError: no weights of sum one, or a count below 1.
    """
    p = np.asarray(weights, np.float64)
    if p.ndim != 1 or not (p >= 0).all() or not np.isclose(p.sum(), 1) or count < 1:
        raise ValueError(
            "weights, [modes], should be at least 0 and have the sum one, and count be at least 1; "
            f"received {weights} and {count}."
        )
    kept = np.argsort(-p, kind="stable")[:count]
    q = np.zeros(len(p))
    q[kept] = p[kept] / p[kept].sum()
    return q, float(-np.log(p[kept].sum()))
