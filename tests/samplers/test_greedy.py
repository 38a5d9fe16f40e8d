"""Greedy decoding takes the most likely token whatever the noise."""

import numpy as np
import tensorflow as tf

from zoo import samplers, spec


def test_the_most_likely_token_is_drawn_by_any_noise():
    logits = tf.random.stateless_normal([200, 7], [0, 3])
    changed = spec.build("samplers", "greedy")(logits)
    for uniform in (0.0, 0.5, 1 - 2**-23):
        drawn = samplers.draw(changed, tf.fill([200], uniform))
        np.testing.assert_array_equal(drawn, tf.argmax(logits, axis=-1))


def test_the_first_of_equals_is_taken():
    changed = spec.build("samplers", "greedy")(tf.constant([[1.0, 2.0, 2.0]]))
    np.testing.assert_array_equal(samplers.draw(changed, tf.constant([0.9])), [1])
