"""How far samples are from one another, as a multiple of how far data are."""

import numpy as np
import pytest
import tensorflow as tf

from zoo.batch import Batch
from zoo.functional.diversity import diversity


def normal(count, seed, scale=1.0):
    return Batch(scale * tf.random.stateless_normal([count, 4, 3, 1], [seed, 0]))


def by_definition(batch):
    """The mean distance to the nearest other one, pair by pair."""
    rows = np.float64(batch.values).reshape(len(batch.values), -1)
    nearest = [
        min(np.linalg.norm(one - other) for j, other in enumerate(rows) if j != i)
        for i, one in enumerate(rows)
    ]
    return np.mean(nearest)


def test_it_is_its_definition():
    samples, real = normal(20, 1, scale=3.0), normal(20, 2)
    expected = by_definition(samples) / by_definition(real)
    np.testing.assert_allclose(diversity(samples, real), expected, rtol=1e-5)


def test_labels_do_not_count():
    samples, real, labels = normal(9, 1), normal(9, 2), tf.range(9)
    assert diversity(samples._replace(labels=labels), real._replace(labels=labels)) == diversity(
        samples, real
    )


def test_tokens_differ_or_not():
    """Nearest neighbours differ in 1 of 4, 1 of 4 and 3 of 4 places; those of the data in all."""
    samples = Batch(tf.constant([[1, 2, 3, 4], [1, 2, 3, 9], [8, 8, 8, 4]]))
    real = Batch(tf.constant([[1, 1, 1, 1], [2, 2, 2, 2], [3, 3, 3, 3]]))
    np.testing.assert_allclose(diversity(samples, real), (1 + 1 + 3) / (3 * 4), rtol=1e-6)


@pytest.mark.parametrize("count", [10, 200])
def test_it_is_about_one_of_data_and_zero_of_what_is_there_twice(count):
    real = normal(count, 1)
    np.testing.assert_allclose(diversity(normal(count, 2), real), 1, atol=0.3)  # few examples
    few = normal(count // 5, 3).map(lambda values: tf.repeat(values, 5, axis=0))
    assert diversity(few, real) == 0


@pytest.mark.parametrize("count", [1, 8])
def test_where_the_data_tell_nothing_nothing_is_asked(count):
    """Each of them is there twice, or there is but one."""
    same = Batch(tf.ones([count, 3], tf.int32))
    assert diversity(same, same) == 1
