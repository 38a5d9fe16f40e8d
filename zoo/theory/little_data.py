"""Scheduled sampling as a regulariser: exact expected error of a table fitted to few pairs.

The model is the optimum of the algorithm, Q = ε R + (1-ε) R1 R2, for the table R of relative
frequencies with `PSEUDO_COUNT` added to each count, without which the expectation is infinite.

Source: F. Huszár (2015), arXiv 1511.05101, section 3, which asks why the method won.
"""

import numpy as np
import scipy.optimize
from numpy.typing import ArrayLike
from scipy.special import gammaln, rel_entr, xlogy

from zoo.theory.scheduled_sampling import algorithm_optimum

PSEUDO_COUNT = 0.5


def fitted(counts: ArrayLike, keep_probability: float) -> np.ndarray:
    """Computes the optimum of the algorithm on counted pairs; at ε = 1 that of maximum likelihood.

    Args:
        counts: count of each pair, [x1, x2].
        keep_probability: ε, in [0, 1].

    Returns:
        The table Q, [x1, x2].

    Raises:
        ValueError: as in `algorithm_optimum`.
    """
    raised = np.asarray(counts, np.float64) + PSEUDO_COUNT
    return algorithm_optimum(raised / raised.sum(), keep_probability)


def expected_kl(joint: ArrayLike, count: int, keep_probability: float) -> float:
    """Computes E KL[P‖Q] in nats over draws of N pairs from P, with Q `fitted` to them.

    An entry of Q depends on three counts only: of the pair, of the rest of its row and of the rest
    of its column. The expectation is a sum over their multinomial distribution.

    Args:
        joint: the table P, [x1, x2].
        count: N; the sum has about N³ / 6 terms for each entry of P.
        keep_probability: ε, in [0, 1].
    """
    p = np.asarray(joint, np.float64)
    cells = np.stack([p, p.sum(1, keepdims=True) - p, p.sum(0) - p], axis=-1)
    total = rel_entr(p, 1).sum()
    for here, row, column in cells[p > 0]:
        total -= here * _expected_log(here, row, column, count, keep_probability, p.shape)
    return float(total)


def _expected_log(here, row, column, count, keep, shape):
    """E[log Q(x1, x2)] from the probabilities of the pair, rest of its row, rest of its column."""
    axis = np.arange(count + 1)
    n = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    n = n[n.sum(axis=1) <= count]
    n = np.concatenate([n, count - n.sum(axis=1, keepdims=True)], axis=1)
    chances = np.maximum([here, row, column, 1 - here - row - column], 0)
    log_weights = gammaln(count + 1) + (xlogy(n, chances) - gammaln(n + 1)).sum(axis=1)
    size = count + PSEUDO_COUNT * shape[0] * shape[1]
    joint = (n[:, 0] + PSEUDO_COUNT) / size
    first = (n[:, 0] + n[:, 1] + PSEUDO_COUNT * shape[1]) / size
    second = (n[:, 0] + n[:, 2] + PSEUDO_COUNT * shape[0]) / size
    return np.exp(log_weights) @ np.log(keep * joint + (1 - keep) * first * second)


def best_keep_probability(joint: ArrayLike, count: int) -> float:
    """Finds the ε in [0, 1] that minimises `expected_kl`, convex in ε; arguments as there."""
    found = scipy.optimize.minimize_scalar(
        lambda keep: expected_kl(joint, count, keep), bounds=(0, 1), method="bounded"
    )
    ends = [(expected_kl(joint, count, keep), keep) for keep in (0.0, 1.0)]
    return float(min([*ends, (found.fun, found.x)])[1])


def best_of(
    joint: ArrayLike, count: int, keep_probability: float, runs: int, draws: int, seed: int = 0
) -> np.ndarray:
    """Simulates KL[P‖Q] of the best of several runs on the same N pairs, selected by validation.

    A run replaces each first token with probability 1-ε by a draw from the table's own first
    marginal, and counts the resulting pairs: runs differ by these draws alone, and those of maximum
    likelihood not at all. The run with the highest likelihood of N other pairs is selected.

    Args:
        joint: the table P, [x1, x2].
        count: N, of training and of validation pairs.
        keep_probability: ε, in [0, 1].
        runs: number of runs to select from.
        draws: number of data sets.
        seed: for all draws. Data sets and the first runs are the same for each number of runs.

    Returns:
        KL[P‖Q] in nats for each data set, [draws].
    """
    p = np.asarray(joint, np.float64)
    found = []
    for number in range(draws):
        data, noise = (np.random.default_rng([seed, number, part]) for part in (0, 1))
        train, other = (data.multinomial(count, p.ravel()).reshape(p.shape) for _ in range(2))
        tables = [sampled_fit(train, keep_probability, noise) for _ in range(runs)]
        best = max(tables, key=lambda q: (other * np.log(q)).sum())
        found.append(rel_entr(p, best).sum())
    return np.array(found)


def sampled_fit(
    counts: np.ndarray, keep_probability: float, noise: np.random.Generator
) -> np.ndarray:
    """Simulates one run of scheduled sampling, whose first tokens are replaced at random.

    Args:
        counts: count of each training pair, integers [x1, x2].
        keep_probability: ε, in [0, 1].
        noise: draws which first tokens are replaced, and by which.

    Returns:
        The table Q, float64 [x1, x2]; its expectation tends to `fitted` for many pairs.
    """
    first = fitted(counts, 1).sum(axis=1)
    kept = noise.binomial(counts, keep_probability)
    replaced = np.stack([noise.multinomial(n, first) for n in (counts - kept).sum(axis=0)], axis=1)
    seen = fitted(kept + replaced, 1)
    return first[:, None] * seen / seen.sum(axis=1, keepdims=True)
