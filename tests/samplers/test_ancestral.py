"""Ancestral sampling leaves the distribution as it is."""

import numpy as np
import tensorflow as tf

from zoo import samplers, spec


def test_logits_stay_and_draws_follow_them():
    """Shares of 50,000 draws within 5 standard errors of softmax(logits)."""
    logits = tf.tile(tf.math.log([[0.5, 0.125, 0.25, 0.125]]), [50_000, 1])
    changed = spec.build("samplers", "ancestral")(logits)
    np.testing.assert_array_equal(changed, logits)
    uniform = tf.random.stateless_uniform([50_000], [0, 1])
    shares = np.bincount(samplers.draw(changed, uniform), minlength=4) / 50_000
    expected = np.array([0.5, 0.125, 0.25, 0.125])
    assert np.all(np.abs(shares - expected) < 5 * np.sqrt(expected * (1 - expected) / 50_000))
