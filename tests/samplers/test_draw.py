"""Drawing a token: the distribution's inverse, whatever number of tokens there are."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from zoo.samplers import draw

# Sizes that blocks divide and that they do not, below and above where softmax is taken.
SIZES = [1, 2, 7, 65, 1009, 1030, 5000]


@pytest.mark.parametrize("size", SIZES)
def test_it_is_the_inverse_of_the_distribution_function(size):
    """Against NumPy in float64; where the number is at a step, the neighbour will do."""
    logits = 2 * np.random.default_rng(size).normal(size=(400, size)).astype(np.float32)
    uniform = np.random.default_rng(size + 1).random(400, np.float32)
    drawn = draw(tf.constant(logits), tf.constant(uniform)).numpy()
    shares = np.exp(np.float64(logits))
    up_to = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)
    rows = np.arange(400)
    below = np.where(drawn > 0, up_to[rows, drawn - 1], 0)
    assert (below - 1e-6 <= uniform).all()
    assert (uniform <= up_to[rows, drawn] + 1e-6).all()


@pytest.mark.parametrize("size", [7, 1030])
def test_tokens_come_as_often_as_they_should(size):
    """Chi-squared on ten groups of tokens, at the 0.1 % level."""
    logits = np.random.default_rng(0).normal(size=size).astype(np.float32)
    shares = np.exp(np.float64(logits))
    shares /= shares.sum()
    uniform = tf.random.stateless_uniform([20_000], [1, 2])
    drawn = draw(tf.repeat(logits[None], 20_000, axis=0), uniform).numpy()
    group = np.arange(size) * min(size, 10) // size
    counts, expected = np.bincount(group[drawn]), np.bincount(group, shares) * 20_000
    assert scipy.stats.chisquare(counts, expected).pvalue > 0.001


@pytest.mark.parametrize("size", [7, 65, 1030])
@pytest.mark.parametrize("uniform", [0.0, 0.5, 1 - 2.0**-24])
def test_what_is_excluded_is_never_drawn(size, uniform):
    """Nor the first or the last token, nor what fills up the last block."""
    logits = np.full((2, size), -np.inf, np.float32)
    logits[0, size // 2], logits[1, 1:3] = 0.0, 0.0
    drawn = draw(tf.constant(logits), tf.fill([2], tf.constant(uniform, tf.float32))).numpy()
    assert drawn[0] == size // 2
    assert drawn[1] in (1, 2)


@pytest.mark.parametrize("size", [65, 1030])
def test_rounding_leads_to_nothing_that_is_excluded(size):
    """Of 4,000 distributions, at the largest number below 1."""
    logits = np.random.default_rng(0).normal(size=(4000, size)).astype(np.float32)
    logits[:, size // 2 :] = -np.inf
    drawn = draw(tf.constant(logits), tf.fill([4000], tf.constant(1 - 2.0**-24))).numpy()
    assert (drawn < size // 2).all()
