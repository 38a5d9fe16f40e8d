"""Refined sampling on texts that are enumerated: frequencies, bounds, rows and seeds."""

import math

import numpy as np
import pytest
import tensorflow as tf

from zoo import randomness
from zoo.density_ratio import refinement
from zoo.samplers import Refinement

Q = np.array([0.5, 0.25, 0.15, 0.1])
R = np.array([-1.2, 0.4, 0.9, 0.1])
SEEDS = tf.range(10_000, dtype=tf.int64)


def draw(seeds, rows):
    """One of four letters for each seed, by the probabilities Q."""
    del rows
    uniform = randomness.rows(randomness.uniform, seeds, "letter", [1])[:, 0]
    letters = tf.searchsorted(tf.constant(np.cumsum(Q)[:-1], tf.float32), uniform, side="right")
    return (letters,)


def log_ratio(drawn):
    return tf.gather(tf.constant(R, tf.float32), drawn[0])


def frequencies(chosen):
    return np.bincount(chosen.drawn[0], minlength=4) / len(SEEDS)


def errors(probabilities):
    """Five standard errors of the frequencies."""
    return 5 * np.sqrt(probabilities * (1 - probabilities) / len(SEEDS))


def test_one_candidate_is_the_plain_sample():
    chosen = refinement.resample(draw, log_ratio, SEEDS, 1)
    np.testing.assert_array_equal(chosen.drawn[0], draw(SEEDS, None)[0])
    np.testing.assert_array_equal(chosen.candidates, 1)


@pytest.mark.parametrize("candidates", [2, 3])
def test_resampling_has_the_distribution_of_all_tuples_of_candidates(candidates):
    weights, expected = np.exp(R), np.zeros(4)
    for tuple_ in np.ndindex(*[4] * candidates):
        chosen = list(tuple_)
        shares = weights[chosen] / weights[chosen].sum()
        np.add.at(expected, chosen, np.prod(Q[chosen]) * shares)
    chosen = refinement.resample(draw, log_ratio, SEEDS, candidates)
    assert np.all(np.abs(frequencies(chosen) - expected) < errors(expected))


def test_rejection_accepts_at_the_rate_that_its_bound_is_chosen_for():
    """Its distribution is proportional to Q min(1, c e^r), the number of candidates geometric."""
    samples = np.repeat(R, np.round(10_000 * Q).astype(int))
    log_c = refinement.log_scale(samples, 0.25)
    rates = np.minimum(1, np.exp(log_c + R))
    assert Q @ rates == pytest.approx(0.25, abs=1e-9)
    chosen = refinement.reject(draw, log_ratio, SEEDS, log_c, most=100)
    expected = Q * rates / 0.25
    assert np.all(np.abs(frequencies(chosen) - expected) < errors(expected))
    counts = chosen.candidates.numpy()
    assert counts.mean() == pytest.approx(4, abs=5 * math.sqrt(12 / len(SEEDS)))
    assert np.mean(counts == 1) == pytest.approx(0.25, abs=5 * math.sqrt(0.1875 / len(SEEDS)))


def test_an_acceptance_of_one_is_plain_sampling():
    log_c = refinement.log_scale(R[1:], 1.0)  # a sample of the least ratio was not among them
    chosen = refinement.reject(draw, log_ratio, SEEDS, log_c, most=16)
    np.testing.assert_array_equal(chosen.drawn[0], draw(SEEDS, None)[0])
    np.testing.assert_array_equal(chosen.candidates, 1)


def test_the_last_of_all_candidates_is_kept_where_none_is_accepted():
    chosen = refinement.reject(draw, log_ratio, SEEDS[:10], -100.0, most=3)
    np.testing.assert_array_equal(chosen.candidates, 3)


@pytest.mark.parametrize("settings", [{"candidates": 4}, {"acceptance": 0.2}])
def test_a_row_answers_alike_alone_and_among_others(settings):
    choose = refinement.chooser(Refinement(**settings))
    together = choose(draw, log_ratio, SEEDS[:50], -1.0)
    for row in (0, 49):
        alone = choose(draw, log_ratio, SEEDS[row : row + 1], -1.0)
        for one, all_ in zip(tf.nest.flatten(alone), tf.nest.flatten(together), strict=True):
            np.testing.assert_array_equal(one[0], all_[row])


def test_candidates_of_neighbouring_seeds_are_others():
    seeds = [randomness.derived(SEEDS[:1000], number, "candidate") for number in range(4)]
    np.testing.assert_array_equal(seeds[0], SEEDS[:1000])
    assert len(np.unique(np.concatenate(seeds))) == 4000
