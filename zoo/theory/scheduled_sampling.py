"""Optima of scheduled sampling for pairs of tokens (x1, x2) with a known joint table P.

With P1, P2 the marginals of P, training draws the first token from P1 with probability ε and
from the model with 1-ε, and predicts the real second token, which minimises (equation 6)

    D_SS[P‖Q] = KL[P1‖Q1] + ε E_{z∼P1} KL[P(·|z)‖Q(·|z)] + (1-ε) E_{z∼Q1} KL[P2‖Q(·|z)].

A joint table is an array [x1, x2] of sum one; it may have zeros.

Source: F. Huszár (2015), arXiv 1511.05101, equations 2-8.
"""

import numpy as np
import scipy.optimize
from numpy.typing import ArrayLike
from scipy.special import kl_div, rel_entr

EXAMPLE = np.array([[0.40, 0.05, 0.05], [0.02, 0.20, 0.03], [0.05, 0.05, 0.15]])

_BISECTIONS = 100  # of an interval of log y: the last ones no longer change it


def algorithm_optimum(joint: ArrayLike, keep_probability: float) -> np.ndarray:
    """Computes the optimum of the algorithm, in which no gradient flows through a sampled token.

    Q1 = P1 and Q(x2|z) = ε P(x2|z) + (1-ε) P2(x2), so that Q = ε P + (1-ε) P1 P2.

    Args:
        joint: the table P, [x1, x2].
        keep_probability: ε, the probability of keeping the real token, in [0, 1].

    Returns:
        The table Q, [x1, x2].

    Raises:
        ValueError: no table of probabilities, or an ε outside [0, 1].
    """
    p = _checked(joint, keep_probability)
    return keep_probability * p + (1 - keep_probability) * independent(p)


def argmax_optimum(joint: ArrayLike, keep_probability: float) -> np.ndarray:
    """Computes the algorithm's optimum if tokens are replaced by the model's mode (footnote 2).

    No gradient flows through the choice, so that Q1 = P1, and a replaced token is always the mode
    z* of P1. Only its row is distorted, the others are those of P:

        Q(x2|z*) = (ε P1(z*) P(x2|z*) + (1-ε) P2(x2)) / (ε P1(z*) + 1-ε)

    So Q2 is not P2, unlike in `algorithm_optimum`. At ε = 0 the other rows are never trained; the
    result is then the limit ε -> 0. Ties between modes go to the first.

    Args:
        joint: the table P, [x1, x2].
        keep_probability: ε, in [0, 1].

    Returns:
        The table Q, [x1, x2].

    Raises:
        ValueError: as in `algorithm_optimum`.
    """
    p = _checked(joint, keep_probability)
    first, second = p.sum(axis=1), p.sum(axis=0)
    mode, drawn = np.argmax(first), 1 - keep_probability
    row = (keep_probability * p[mode] + drawn * second) / (keep_probability * first[mode] + drawn)
    q = np.array(p)
    q[mode] = first[mode] * row
    return q


def idealised_optimum(joint: ArrayLike, keep_probability: float) -> np.ndarray:
    """Minimises D_SS itself; arguments, result and errors as in `algorithm_optimum`.

    For any Q1 the best conditional is, with y = Q1(z) / P1(z),

        Q*(x2|z) = (ε P(x2|z) + (1-ε) y P2(x2)) / (ε + (1-ε) y),

    which leaves a strictly convex function of Q1. At its minimum there is one λ for all z with

        1 / y = λ + (1-ε) KL[P2‖Q*(·|z)]   and   Σ P1(z) y = 1:

    the left side falls faster in y than the right one, and the sum falls in λ, so that both are
    found by nested bisection. For 0 < ε < 1 even Q1 is not P1.
    """
    p = _checked(joint, keep_probability)
    if keep_probability == 1:
        return p
    first, second = p.sum(axis=1), p.sum(axis=0)
    rows = p / np.where(first > 0, first, 1)[:, None]

    def excess(log_multiplier):
        return first @ _ratios(rows, second, keep_probability, np.exp(log_multiplier)) - 1

    low, high = -1.0, 0.1  # λ = 1 - (1-ε) E_{z∼Q1} KL[P2‖Q*(·|z)] is at most 1
    while excess(low) < 0:
        low *= 2
    multiplier = np.exp(scipy.optimize.brentq(excess, low, high, xtol=1e-15))
    y = _ratios(rows, second, keep_probability, multiplier)
    return (first * y)[:, None] * _best_conditional(rows, second, keep_probability, y)


def _ratios(rows, second, keep, multiplier):
    """y of each row for one λ, [x1], by bisection in log y."""
    low = np.full(len(rows), -5.0)  # there 1 / y = 148, and the right side is below 8
    high = np.full(len(rows), -np.log(multiplier))
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        conditional = _best_conditional(rows, second, keep, np.exp(middle))
        divergence = rel_entr(second, conditional).sum(axis=1)
        too_small = np.exp(-middle) > multiplier + (1 - keep) * divergence
        low, high = np.where(too_small, middle, low), np.where(too_small, high, middle)
    return np.exp(middle)


def _best_conditional(rows, second, keep, y):
    """Q*(x2|z), [x1, x2]."""
    drawn = ((1 - keep) * y)[:, None]
    return (keep * rows + drawn * second) / (keep + drawn)


def divergence(joint: ArrayLike, model: ArrayLike, keep_probability: float) -> float:
    """Computes D_SS[P‖Q] in nats, equation 6; inf if Q lacks a pair that it is trained on.

    Args:
        joint: the table P, [x1, x2].
        model: the table Q, [x1, x2].
        keep_probability: ε, in [0, 1].

    Raises:
        ValueError: as in `algorithm_optimum`, or P and Q differ in shape.
    """
    p, q = _checked(joint, keep_probability), _checked(model, keep_probability)
    _same_shape(p, q)
    p1, q1, p2 = p.sum(axis=1), q.sum(axis=1), p.sum(axis=0)
    q_rows = q / np.where(q1 > 0, q1, 1)[:, None]
    kept, drawn = np.full([len(p1), 1], keep_probability), (1 - keep_probability) * q1[:, None]
    first = rel_entr(p1, q1).sum()
    after_kept = _weighted_sum(kept, rel_entr(p, p1[:, None] * q_rows))
    return float(first + after_kept + _weighted_sum(drawn, rel_entr(p2, q_rows)))


def _weighted_sum(weights, terms):
    """Σ weight · term, in which a term of weight 0 is ignored, even an infinite one."""
    return np.multiply(weights, terms, where=weights > 0, out=np.zeros(terms.shape)).sum()


def kl(joint: ArrayLike, model: ArrayLike) -> float:
    """Computes KL[P‖Q] of two tables of one shape, in nats.

    Raises:
        ValueError: P and Q differ in shape.
    """
    _same_shape(joint, model)
    return float(kl_div(joint, model).sum())  # Σ p log(p/q) - p + q: no term is negative


def independent(joint: ArrayLike) -> np.ndarray:
    """Table P1 P2 of independent tokens with the same marginals."""
    return np.outer(np.sum(joint, axis=1), np.sum(joint, axis=0))


def mutual_information(joint: ArrayLike) -> float:
    """Mutual information of x1 and x2 in nats: KL from the table to `independent` of it."""
    return kl(joint, independent(joint))


def measures(model: ArrayLike) -> dict[str, float]:
    """Compares a table Q with `EXAMPLE`, in nats.

    Args:
        model: the table Q, [x1, x2].

    Returns:
        `kl`, KL[P‖Q]; `mutual_information`, of Q; `first_token_kl`, KL[P1‖Q1].
    """
    return {
        "kl": kl(EXAMPLE, model),
        "mutual_information": mutual_information(model),
        "first_token_kl": kl(EXAMPLE.sum(axis=1), model.sum(axis=1)),
    }


def _same_shape(joint, model):
    if np.shape(joint) != np.shape(model):
        raise ValueError(
            "The two tables should have one shape; received "
            f"{list(np.shape(joint))} and {list(np.shape(model))}."
        )


def _checked(joint, keep_probability):
    table = np.asarray(joint, np.float64)
    if table.ndim != 2 or not (table >= 0).all() or not np.isclose(table.sum(), 1):
        raise ValueError(
            "A joint table has two axes, [x1, x2], no negative entry and sums to one; received "
            f"the shape {list(table.shape)} and the sum {table.sum()}."
        )
    if not 0 <= keep_probability <= 1:
        raise ValueError(f"keep_probability lies in [0, 1]; received {keep_probability}.")
    return table / table.sum()
