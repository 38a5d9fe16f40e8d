"""Keys: the same for the same, different for the different, good noise for every row."""

import itertools

import numpy as np
import tensorflow as tf

from zoo import randomness


def test_a_key_depends_on_seed_step_and_purpose_alone():
    cases = list(itertools.product((0, 1, 2**40), (0, 1, 10**6), ("a", "b")))
    keys = {case: tuple(randomness.key(*case).numpy()) for case in cases}
    assert len(set(keys.values())) == len(cases)
    in_graph = tf.function(lambda step: randomness.key(1, step, "a"))
    assert tuple(in_graph(tf.constant(10**6, tf.int64)).numpy()) == keys[1, 10**6, "a"]


def test_folds_differ():
    key = randomness.key(0, 0, "x")
    folded = {tuple(randomness.fold(key, number).numpy()) for number in range(100)}
    assert len(folded) == 100


def test_rows_do_not_depend_on_their_neighbours():
    seeds = tf.constant([5, -3, 2**62], tf.int64)
    together = randomness.rows(tf.random.stateless_normal, seeds, "x", [4])
    for number in range(3):
        alone = randomness.rows(tf.random.stateless_normal, seeds[number : number + 1], "x", [4])
        np.testing.assert_array_equal(alone[0], together[number])


def test_rows_of_neighbouring_seeds_are_independent():
    """Correlations of 2,000 rows, each within 5 standard errors of 0; moments of a normal."""
    count = 2000
    noise = randomness.rows(tf.random.stateless_normal, tf.range(count, dtype=tf.int64), "x", [3])
    noise = noise.numpy()
    assert np.all(np.abs(noise.mean(axis=0)) < 5 / np.sqrt(count))
    assert np.all(np.abs(noise.var(axis=0) - 1) < 5 * np.sqrt(2 / count))
    for a, b in ((noise[:-1, 0], noise[1:, 0]), (noise[:, 0], noise[:, 1])):
        assert abs(np.corrcoef(a, b)[0, 1]) < 5 / np.sqrt(count)


def test_rows_of_another_purpose_are_other_rows():
    seeds = tf.range(8, dtype=tf.int64)
    a, b = (randomness.rows(tf.random.stateless_uniform, seeds, word, [4]) for word in ("a", "b"))
    assert (a.numpy() != b.numpy()).all()
