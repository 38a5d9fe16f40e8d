"""Refined sampling in one graph: resampling, and rejection, of candidates by the density ratio.

Both are functions of each row's seed alone: a row's sample does not depend on its neighbours.

    Q_r(x) = Q(x) e^{r(x)} / E_Q[e^r],    KL[P‖Q_r] = KL[P‖Q] - (E_P[r] - log E_Q[e^r])

Source: M. Donsker and S. Varadhan (1983) for the identity; D. Rubin (1987) for resampling; A.
Verine et al., arXiv 2311.00460 (2023), for rejection.
"""

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from zoo import randomness
from zoo.samplers import Refinement

_CANDIDATE, _CHOICE = "candidate", "choice of a candidate"
_FAILURES = 16  # an acceptance of a fails 16 / a times in a row with probability below e^-16
_HALVINGS = 60


class Chosen(NamedTuple):
    """Samples that were chosen among candidates.

    Attributes:
        drawn: the chosen candidates, the structure that `draw` returns, of tensors [batch, ...].
        candidates: int32 [batch], the number of candidates of each.
    """

    drawn: Any
    candidates: tf.Tensor


Draw = Callable[[tf.Tensor, tf.Tensor], Any]
"""From seeds int64 [n] and numbers of rows int64 [n] to candidates for these rows, a structure of
tensors [n, ...]."""


def chooser(refinement: Refinement) -> Callable[..., Chosen]:
    """The function of (draw, log_ratio, seeds, log_scale) that chooses by a refinement's settings.

    log c of `reject` has no effect on resampling.

    Args:
        refinement: the settings.
    """
    if refinement.candidates is not None:
        return lambda draw, log_ratio, seeds, log_scale: resample(
            draw, log_ratio, seeds, refinement.candidates
        )
    return functools.partial(reject, most=math.ceil(_FAILURES / refinement.acceptance))


def resample(draw: Draw, log_ratio: Callable, seeds: tf.Tensor, candidates: int) -> Chosen:
    """Draws candidates for each row and keeps one, with probabilities proportional to e^r.

    By the maximum of r_k + g_k, g_k standard Gumbel noise of candidate k's own seed. The first
    candidate is the plain sample of the row's seed.

    Args:
        draw: see `Draw`.
        log_ratio: from candidates to r, float32 [n].
        seeds: int64 [batch].
        candidates: K, at least 1.
    """
    batch = tf.shape(seeds, tf.int64)[0]
    rows = tf.repeat(tf.range(batch), candidates)
    numbers = tf.tile(tf.range(candidates), [tf.cast(batch, tf.int32)])
    of_each = randomness.derived(tf.gather(seeds, rows), numbers, _CANDIDATE)
    drawn = draw(of_each, rows)
    keys = log_ratio(drawn) - tf.math.log(_exponential(of_each))
    best = tf.argmax(tf.reshape(keys, [-1, candidates]), axis=-1)
    chosen = tf.range(batch) * candidates + best
    kept = tf.nest.map_structure(lambda each: tf.gather(each, chosen), drawn)
    return Chosen(kept, tf.fill(tf.shape(seeds), candidates))


def reject(
    draw: Draw, log_ratio: Callable, seeds: tf.Tensor, log_scale: float | tf.Tensor, most: int
) -> Chosen:
    """Draws candidates for each row until one is accepted, with probability min(1, c e^r).

    Args:
        draw: see `Draw`.
        log_ratio: from candidates to r, float32 [n].
        seeds: int64 [batch].
        log_scale: log c.
        most: the largest number of candidates of a row, the last of which is kept in any case.
    """
    rows = tf.range(tf.shape(seeds, tf.int64)[0])

    def one_more(number, rows):
        of_each = randomness.derived(tf.gather(seeds, rows), number, _CANDIDATE)
        drawn = draw(of_each, rows)
        # u = e^-E is uniform: u < c e^r.
        return drawn, -_exponential(of_each) < log_scale + log_ratio(drawn)

    def body(number, drawn, waiting, counts):
        rows = tf.where(waiting)
        new, accepted = one_more(number, rows[:, 0])
        drawn = tf.nest.map_structure(
            lambda old, new: tf.tensor_scatter_nd_update(old, rows, new), drawn, new
        )
        waiting = tf.tensor_scatter_nd_update(waiting, rows, ~accepted)
        counts = tf.tensor_scatter_nd_add(counts, rows, tf.ones_like(rows[:, 0], tf.int32))
        return number + 1, drawn, waiting, counts

    first, accepted = one_more(0, rows)
    start = tf.constant(1), first, ~accepted, tf.ones_like(rows, tf.int32)
    _, drawn, _, counts = tf.while_loop(
        lambda number, drawn, waiting, counts: number < most and tf.reduce_any(waiting),
        body,
        start,
    )
    return Chosen(drawn, counts)


def log_scale(log_ratios: np.ndarray, acceptance: float) -> float:
    """Fits log c, at which the mean of min(1, c e^r) over samples of Q is the acceptance rate.

    Args:
        log_ratios: r of samples in nats, float [count].
        acceptance: the rate, in (0, 1].
    """
    if acceptance == 1:  # also of a ratio below that of all samples here
        return math.inf
    low, high = math.log(acceptance) - np.max(log_ratios), -np.min(log_ratios)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        rate = np.mean(np.exp(np.minimum(0, middle + log_ratios)))
        low, high = (middle, high) if rate < acceptance else (low, middle)
    return float(high)


def _exponential(seeds):
    """Exponential noise of each seed, float32 [n]."""
    return randomness.rows(randomness.exponential, seeds, _CHOICE, [1])[:, 0]
