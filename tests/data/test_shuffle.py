"""The order of the rows: permutations, as many as there are seeds and epochs, none preferred."""

import numpy as np
import pytest
import tensorflow as tf

from zoo import randomness
from zoo.data.base.shuffle import shuffled

COUNTS = [100, 4_000, 65_537, 1_000_000]


def order(count, length=None, epoch=0, seed=0):
    offsets = tf.range(count if length is None else length, dtype=tf.int64)
    key = randomness.key(seed, 0, "epoch")
    return shuffled(offsets, tf.fill(tf.shape(offsets), np.int64(epoch)), count, key).numpy()


@tf.function
def first_rows_of(seeds):
    """The first six of 100 rows in the first epoch of each seed."""
    places, epochs = tf.range(6, dtype=tf.int64), tf.zeros([6], tf.int64)
    return tf.map_fn(
        lambda seed: shuffled(places, epochs, 100, randomness.key(seed, 0, "epoch")), seeds
    )


@pytest.mark.parametrize("count", [1, 2, 3, 5, 17, *COUNTS])
def test_each_row_comes_once(count):
    np.testing.assert_array_equal(np.sort(order(count)), np.arange(count))


@pytest.mark.parametrize("count", COUNTS)
def test_3000_epochs_have_as_many_orders(count):
    """The probability that two of them share their first six rows is below 1e-5 at 100 rows."""
    epochs = np.arange(3_000)
    offsets, key = np.tile(np.arange(6), len(epochs)), randomness.key(3, 0, "epoch")
    rows = shuffled(tf.constant(offsets), tf.repeat(tf.constant(epochs), 6), count, key)
    assert len(np.unique(rows.numpy().reshape(-1, 6), axis=0)) == len(epochs)


def test_20000_seeds_have_as_many_orders():
    """The probability that any two of them share their first six rows is 2e-4."""
    seeds = tf.range(20_000, dtype=tf.int64)
    assert len(np.unique(first_rows_of(seeds), axis=0)) == len(seeds)


@pytest.mark.parametrize("seeds", [(3, 50), (0, 256), (0, 2**32), (0, -1)])
def test_seeds_that_differ_give_unlike_orders(seeds):
    """Their correlation is within 5 standard errors of 0."""
    one, other = (order(4_000, seed=seed) for seed in seeds)
    assert abs(np.corrcoef(one, other)[0, 1]) < 5 / np.sqrt(4_000)


@pytest.mark.parametrize("epochs", [(0, 1), (0, 256), (1, 2**32 + 1)])
def test_epochs_give_unlike_orders(epochs):
    one, other = (order(4_000, epoch=epoch) for epoch in epochs)
    assert abs(np.corrcoef(one, other)[0, 1]) < 5 / np.sqrt(4_000)


@pytest.mark.parametrize("count", COUNTS)
def test_all_rows_are_included_alike(count):
    """A tenth is taken 400 times; counts of 100 groups of rows, each within 5 deviations."""
    taken = min(count // 10, 2_000)
    offsets = tf.tile(tf.range(taken, dtype=tf.int64), [400])
    epochs = tf.repeat(tf.range(400, dtype=tf.int64), taken)
    rows = shuffled(offsets, epochs, count, randomness.key(0, 0, "epoch")).numpy()
    groups = np.bincount(rows * 100 // count, minlength=100)
    share = np.bincount(np.arange(count) * 100 // count) / count
    # Without replacement the deviation is that of a binomial times this factor.
    left = (count - taken) / max(count - 1, 1)
    deviation = np.sqrt(400 * taken * share * (1 - share) * left)
    scores = (groups - 400 * taken * share) / deviation
    assert np.abs(scores).max() < 5
    assert 0.7 < scores.std() < 1.3


def test_each_row_stands_at_each_place_alike():
    """100 rows in 2,000 epochs: 10,000 counts with mean 20, their scores of deviation 1."""
    epochs, count = 2_000, 100
    offsets = tf.tile(tf.range(count, dtype=tf.int64), [epochs])
    rows = shuffled(
        offsets,
        tf.repeat(tf.range(epochs, dtype=tf.int64), count),
        count,
        randomness.key(0, 0, "epoch"),
    )
    counts = np.zeros([count, count])
    np.add.at(counts, (np.tile(np.arange(count), epochs), rows.numpy()), 1)
    expected = epochs / count
    scores = (counts - expected) / np.sqrt(expected * (1 - 1 / count))
    assert 0.95 < scores.std() < 1.05
    assert np.abs(scores).max() < 6
