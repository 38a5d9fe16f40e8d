"""Known distributions: samples follow the log-probabilities, and keys decide them."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from zoo import randomness
from zoo.distributions import gaussian_mixture, oracle_lstm
from zoo.distributions.distribution import Distribution
from zoo.distributions.joint_table import JointTable

TABLE = np.array([[0.5, 0.0, 0.1], [0.1, 0.2, 0.1]])


def oracle():
    rng = np.random.default_rng(0)
    arrays = {name: rng.standard_normal(s) for name, s in oracle_lstm.shapes(3, 4, 4).items()}
    return oracle_lstm.OracleLSTM(arrays, length=2)


DISTRIBUTIONS = {
    "joint table": JointTable(TABLE),
    "oracle LSTM": oracle(),
    "Gaussian mixture": gaussian_mixture.GaussianMixture(gaussian_mixture.load()),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_key_decides_the_samples(name):
    p = DISTRIBUTIONS[name]
    assert isinstance(p, Distribution)
    first, again, other = (p.sample(20, randomness.key(seed, 0, "test")) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert np.any(np.not_equal(first, other))
    assert np.isfinite(p.log_prob(tf.constant(first))).all()


@pytest.mark.parametrize("name", ["joint table", "oracle LSTM"])
def test_frequencies_of_pairs_are_their_probabilities(name):
    """Of 50,000 samples, within 5 standard errors."""
    p, count = DISTRIBUTIONS[name], 50_000
    pairs = np.array(list(itertools.product(range(3), repeat=2)), np.int32)
    probabilities = np.exp(p.log_prob(tf.constant(pairs)))
    assert probabilities.sum() == pytest.approx(1, abs=1e-5)
    drawn = np.asarray(p.sample(count, randomness.key(0, 0, "test")))
    shares = np.bincount(3 * drawn[:, 0] + drawn[:, 1], minlength=9) / count
    errors = np.sqrt(probabilities * (1 - probabilities) / count)
    assert np.all(np.abs(shares - probabilities) <= 5 * errors)


def test_missing_rows_and_columns_of_a_table_have_probability_zero():
    np.testing.assert_allclose(
        DISTRIBUTIONS["joint table"].log_prob(tf.constant([[0, 0], [0, 1], [2, 0]])),
        [np.log(0.5), -np.inf, -np.inf],
    )
