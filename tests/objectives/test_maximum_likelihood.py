"""Maximum likelihood: its loss is the negative log-likelihood, whatever the step."""

import keras
import numpy as np
import tensorflow as tf

from zoo import spec
from zoo.batch import Batch

TEXTS = np.array([[2, 3, 1, 1], [4, 4, 4, 1], [1, 1, 1, 1], [3, 2, 4, 4]], np.int32)
KEY = tf.constant([5, 6], tf.int64)


def test_the_weighted_cross_entropy_is_the_negative_log_likelihood(letters):
    keras.utils.set_random_seed(0)
    model = spec.build("models", "lstm(units=6, layers=1)", letters)
    objective = spec.build("objectives", "maximum_likelihood")
    logits, targets, weights = objective.predict(model, Batch(TEXTS), step=3, key=KEY)
    nats = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
    np.testing.assert_allclose(tf.reduce_sum(weights * nats, -1), -model.log_prob(TEXTS), rtol=1e-6)
    np.testing.assert_array_equal(targets, TEXTS)
    expected = [[1, 1, 1, 0], [1, 1, 1, 1], [1, 0, 0, 0], [1, 1, 1, 1]]
    np.testing.assert_array_equal(weights, expected)


def test_the_key_decides_the_dropout(letters):
    model = spec.build("models", "lstm(units=32, layers=1, dropout=0.5)", letters)
    objective = spec.build("objectives", "maximum_likelihood")
    once, again, other = (
        objective.predict(model, Batch(TEXTS), step, key)[0]
        for step, key in ((0, KEY), (9, KEY), (0, KEY + 1))
    )
    np.testing.assert_array_equal(once, again)
    assert np.abs(once - other).max() > 1e-3


def test_it_has_no_figures_of_its_own():
    assert spec.build("objectives", "maximum_likelihood").logged(0) == {}
