"""The gain of refinement against the fall of KL[P‖Q] by enumeration, exact and sampled."""

import math
import types

import numpy as np
import pytest
import tensorflow as tf

from zoo import divergences, spec
from zoo.batch import Batch
from zoo.data.base.splits import Dataset, Support
from zoo.density_ratio import refinement
from zoo.metrics import refinement_gain

DATA = "oracle(vocabulary_size=5, length=5, count=10)"  # 3,125 texts


def normalised(log):
    return log - np.logaddexp.reduce(log)


class Known:
    """P and Q of all texts of the oracle, and an imperfect ratio r.

    Q is proportional to P^0.7 times another oracle's 0.3; r the exact ratio, clipped, with noise.
    """

    def __init__(self, noise):
        dataset, other = (
            spec.build("data", text, None) for text in (DATA, DATA[:-1] + ", seed=1)")
        )
        self.domain = dataset.domain
        self.texts = np.stack(np.indices([5] * 5), axis=-1).reshape(-1, 5).astype(np.int32)
        log_p, log_other = (
            each.log_prob(self.texts).numpy().astype(np.float64) for each in (dataset, other)
        )
        # float32 sums to 1 within 1e-6.
        self.log_p, self.log_q = map(normalised, (log_p, 0.7 * log_p + 0.3 * log_other))
        exact = self.log_p - self.log_q
        self.r = np.clip(exact, -3, 2) + noise * np.random.default_rng(0).normal(size=3125)
        self.r = exact if noise == 0 else self.r

    def refined(self):
        """log Q_r by enumeration."""
        return normalised(self.log_q + self.r)

    def run(self, count):
        """A run whose discriminator gives r, and whose samples are drawn from Q."""
        numbers = tf.constant([625, 125, 25, 5, 1])
        table = tf.constant(self.r, tf.float32)
        data = Support(self.texts, weights=np.exp(self.log_p))
        drawn = np.random.default_rng(1).choice(3125, size=count, p=np.exp(self.log_q))
        run = types.SimpleNamespace(
            dataset=Dataset(self.domain, data, data, data),
            domain=self.domain,
            examples=lambda count, seed: Batch(self.texts[drawn]),
            objective=spec.build("objectives", "density_ratio"),
            model=types.SimpleNamespace(
                discriminator=lambda texts, labels: tf.gather(
                    table, tf.reduce_sum(texts * numbers, axis=-1)
                )
            ),
            calibration_temperature=1.0,
            step=10,
        )
        run.unrefined = run
        return run


def predicted(known):
    """E_P[r] - log E_Q[e^r] by enumeration."""
    return np.exp(known.log_p) @ known.r - np.logaddexp.reduce(known.log_q + known.r)


@pytest.mark.parametrize("noise", [0.5, 2.0])
def test_the_gain_is_the_fall_of_the_divergence(noise):
    known = Known(noise)
    before, after = (divergences.kl(known.log_p, q) for q in (known.log_q, known.refined()))
    np.testing.assert_allclose(predicted(known), before - after, rtol=1e-9)
    assert float(after) > 0


def test_with_the_exact_ratio_nothing_is_left():
    known = Known(0)
    np.testing.assert_allclose(divergences.kl(known.log_p, known.refined()), 0, atol=1e-9)
    before = divergences.kl(known.log_p, known.log_q)
    np.testing.assert_allclose(predicted(known), before, rtol=1e-6)


def test_the_measure_is_the_gain_within_its_error():
    known = Known(0.5)
    found = refinement_gain.measure(known.run(20_000), split="test", count=20_000, seed=0)
    measured = found["refinement_gain"]
    assert measured.standard_error < 0.1
    assert abs(measured.value - predicted(known)) < 4 * measured.standard_error


def test_the_shares_are_those_of_the_weights():
    (ess, _), (acceptance, _) = refinement_gain.shares(np.log([1.0, 2.0, 1.0]))
    assert ess == pytest.approx(16 / (3 * 6))
    assert acceptance == pytest.approx(2 / 3)
    assert refinement_gain.shares(np.full(7, 3.0)) == [(1, None), (1, None)]


def test_the_standard_error_is_that_of_repeated_measurements():
    random = np.random.default_rng(0)
    found = [
        refinement_gain.gain(random.normal(1, 1, 500), random.normal(0, 1, 500), np.arange(500))
        for _ in range(300)
    ]
    values, errors = zip(*found, strict=True)
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.15)
    assert np.mean(values) == pytest.approx(1 - 0.5, abs=0.02)  # E_Q[e^r] = e^(1/2)


def test_gaussians_lose_what_their_densities_say():
    """P = N(m, I), Q = N(0, I) and r(x) = a m·x: KL[P‖Q_r] = (1 - a)² |m|² / 2."""
    random, mean, a = np.random.default_rng(0), np.array([0.6, -0.8]), 0.7
    real, generated = (a * (random.normal(size=[40_000, 2]) + at) @ mean for at in (mean, 0 * mean))
    value, error = refinement_gain.gain(real, generated, np.arange(40_000))
    assert abs(value - (1 - (1 - a) ** 2) / 2) < 4 * error


def test_resampled_texts_are_as_near_as_enumeration_says():
    """Q_K for K = 2 by enumeration of all pairs; KL[P‖Q_K] lies between those of Q and Q_r."""
    known = Known(0.5)
    w, q = np.exp(known.r), np.exp(known.log_q)
    pairs = q[:, None] * q[None] * w[:, None] / (w[:, None] + w[None])
    log_two = np.log(2 * pairs.sum(axis=1))
    kls = [float(divergences.kl(known.log_p, each))
           for each in (known.log_q, log_two, known.refined())]  # fmt: skip
    assert kls[0] > kls[1] > kls[2]
    cumulative = tf.constant(np.cumsum(q)[:-1], tf.float32)

    def draw(seeds, rows):
        uniform = tf.random.stateless_uniform([len(rows)], [int(seeds[0]), 1])
        return (tf.searchsorted(cumulative, uniform, side="right"),)

    chosen = refinement.resample(
        draw, lambda drawn: tf.gather(tf.constant(known.r, tf.float32), drawn[0]),
        tf.range(40_000, dtype=tf.int64), 2,
    )  # fmt: skip
    ratios = known.r[chosen.drawn[0].numpy()]
    expected = np.exp(log_two) @ known.r
    assert abs(ratios.mean() - expected) < 5 * ratios.std() / math.sqrt(len(ratios))
