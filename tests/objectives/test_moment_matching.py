"""The maximum mean discrepancy: it is its definition, unbiased, and finds what differs."""

import itertools
import math

import numpy as np
import pytest
import tensorflow as tf

from zoo import spec
from zoo.batch import Batch
from zoo.errors import SpecError
from zoo.objectives import moment_matching
from zoo.objectives.moment_matching import MomentMatching


def by_loops(x, y, bandwidths):
    """The definition of the U-statistic, a pair at a time."""

    def kernel(a, b):
        square = sum((s - t) ** 2 for s, t in zip(a, b, strict=True))
        return sum(math.exp(-square / (2 * sigma**2)) for sigma in bandwidths) / len(bandwidths)

    def mean(pairs):
        values = [kernel(a, b) for a, b in pairs]
        return sum(values) / len(values)

    return (
        mean(itertools.permutations(x, 2))
        + mean(itertools.permutations(y, 2))
        - 2 * mean(itertools.product(x, y))
    )


def draws(count, dimension, *, seed, shift=0.0):
    return np.random.default_rng(seed).normal(shift, 1.0, [count, dimension]).astype(np.float32)


def test_it_is_its_definition():
    """Of different numbers of examples, and of images as of vectors."""
    x, y, bandwidths = draws(7, 6, seed=0), draws(5, 6, seed=1, shift=0.5), [0.7, 2.0]
    expected = by_loops(x.tolist(), y.tolist(), bandwidths)
    objective = MomentMatching(bandwidths)
    assert float(objective.loss(Batch(x), Batch(y))) == pytest.approx(expected, rel=1e-6)
    images = x.reshape(7, 2, 3, 1), y.reshape(5, 2, 3, 1)
    assert float(objective.loss(*map(Batch, images))) == pytest.approx(expected, rel=1e-6)


def test_of_labelled_examples_only_equal_labels_are_compared():
    """As of vectors to which each label adds a coordinate of its own, infinitely far away."""
    x, y = draws(6, 2, seed=0), draws(5, 2, seed=1)
    labels = np.array([0, 1, 1, 2, 0, 1]), np.array([1, 1, 0, 3, 2])
    apart = [
        np.concatenate([each, 1e3 * np.eye(4)[of_each]], axis=1)
        for each, of_each in zip((x, y), labels, strict=True)
    ]
    found = MomentMatching([1.0]).loss(Batch(x, labels[0]), Batch(y, labels[1]))
    expected = by_loops(apart[0].tolist(), apart[1].tolist(), [1.0])
    assert float(found) == pytest.approx(expected, rel=1e-6)


def test_float32_examples_far_from_zero_lose_nothing():
    """At 1,000 times their spread the squares of float32 would be wrong by 0.1."""
    x, y = (draws(20, 3, seed=n) * np.float32(2**-10) + np.float32(1.0) for n in (0, 1))
    expected = by_loops(x.tolist(), y.tolist(), [2**-10])
    assert float(MomentMatching([2**-10]).loss(Batch(x), Batch(y))) == pytest.approx(
        expected, rel=1e-5
    )


def test_its_mean_is_zero_where_the_distributions_are_equal():
    """Of 2,000 estimates from 16 draws each, within 4 standard errors, and not of one sign."""
    objective = MomentMatching([0.5, 1.0, 2.0])
    key = iter(range(4000))

    @tf.function
    def estimate(first, second):
        both = [tf.random.stateless_normal([16, 2], [seed, 0]) for seed in (first, second)]
        return objective.loss(*map(Batch, both))

    found = np.array(
        [estimate(tf.constant(next(key)), tf.constant(next(key))) for _ in range(2000)]
    )
    assert abs(found.mean()) < 4 * found.std() / np.sqrt(len(found))
    assert 0.3 < np.mean(found < 0) < 0.8


def test_its_mean_is_the_discrepancy_of_two_gaussians():
    """N(0, 1) and N(m, 1), one kernel: E k = s exp(-m²/2(σ² + 2)) with s = σ/sqrt(σ² + 2)."""
    sigma, m, count = 1.5, 0.8, 20_000
    x, y = draws(count // 10, 1, seed=0), draws(count // 10, 1, seed=1, shift=m)
    s = sigma / math.sqrt(sigma**2 + 2)
    expected = 2 * s * (1 - math.exp(-(m**2) / (2 * (sigma**2 + 2))))
    # Of 2,000 draws each the standard error was 0.004, over 30 seeds.
    assert float(MomentMatching([sigma]).loss(Batch(x), Batch(y))) == pytest.approx(
        expected, abs=0.016
    )


def test_the_gradient_is_that_of_the_definition():
    """By central differences of the loops."""
    x, y = draws(4, 2, seed=0), draws(3, 2, seed=1)
    generated = tf.Variable(y)
    with tf.GradientTape() as tape:
        loss = MomentMatching([1.0, 3.0]).loss(Batch(x), Batch(tf.convert_to_tensor(generated)))
    found, small = tape.gradient(loss, generated).numpy(), 1e-4
    for row, column in itertools.product(range(3), range(2)):
        ends = []
        for sign in (1, -1):
            moved = y.astype(np.float64)
            moved[row, column] += sign * small
            ends.append(by_loops(x.tolist(), moved.tolist(), [1.0, 3.0]))
        difference = (ends[0] - ends[1]) / (2 * small)
        np.testing.assert_allclose(found[row, column], difference, rtol=1e-4, atol=1e-7)


def test_default_bandwidths_are_multiples_of_the_median_distance():
    """Distances of 0, 1, 3 and 7 on a line: 1, 2, 3, 4, 6, 7, of which the upper middle is 4."""
    x, y = np.array([[0.0], [1.0], [3.0], [7.0]], np.float32), draws(5, 1, seed=0)
    expected = by_loops(x.tolist(), y.tolist(), [4 * m for m in moment_matching.MULTIPLES])
    assert float(MomentMatching().loss(Batch(x), Batch(y))) == pytest.approx(expected, rel=1e-6)


def test_default_bandwidths_follow_the_unit_of_the_data():
    x, y = draws(30, 4, seed=0), draws(30, 4, seed=1, shift=1.0)
    once, scaled = (float(MomentMatching().loss(Batch(c * x), Batch(c * y))) for c in (1.0, 1024.0))
    assert once == pytest.approx(scaled, rel=1e-5)


def test_data_that_is_all_the_same_has_a_bandwidth_too():
    x, y = np.ones([8, 2], np.float32), draws(8, 2, seed=0)
    assert np.isfinite(float(MomentMatching().loss(Batch(x), Batch(y))))


@pytest.mark.parametrize("bandwidths", ["[]", "[1.0, 0.0]", "[-1.0]"])
def test_bandwidths_that_cannot_be_are_refused(bandwidths):
    with pytest.raises(SpecError, match="should be numbers above 0, at least one"):
        spec.build("objectives", f"moment_matching(bandwidths={bandwidths})")
