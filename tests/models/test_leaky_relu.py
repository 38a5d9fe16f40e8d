"""A layer's function and gradients against TensorFlow's, and what is not computed for them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.models.layers.leaky_relu import LeakyReLU, leaky_relu


def penalty(activation, features, kernel):
    """Σ_x ‖d/dx Σ activation(x · kernel)‖², which differentiates twice."""
    with tf.GradientTape() as tape:
        tape.watch(features)
        total = tf.reduce_sum(activation(tf.matmul(features, kernel)) ** 2)
    return tf.reduce_sum(tape.gradient(total, features) ** 2)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_values_and_both_derivatives_are_tensorflows_to_the_bit(dtype):
    features = tf.cast(tf.random.stateless_normal([5, 4], [0, 1]), dtype)
    features = tf.concat([features, tf.zeros([1, 4], dtype)], axis=0)  # the corner, too
    kernel = tf.cast(tf.random.stateless_normal([4, 3], [0, 2]), dtype)
    found = []
    for activation in (lambda x: leaky_relu(x, 0.2), lambda x: tf.nn.leaky_relu(x, 0.2)):
        with tf.GradientTape() as tape:
            tape.watch(kernel)
            value = penalty(activation, features, kernel)
        found.append((activation(features), value, tape.gradient(value, kernel)))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_array_equal(*(tf.cast(each, tf.float32) for each in (ours, theirs)))


def test_no_products_are_computed_for_a_second_derivative_of_0():
    """With a linear layer above, nothing below has a second derivative: no weights' gradient."""
    kernel = tf.ones([4, 3])

    def second(activation):
        with tf.GradientTape() as outer:
            outer.watch(kernel)
            with tf.GradientTape() as tape:
                hidden = tf.matmul(tf.ones([2, 4]), kernel)
                tape.watch(hidden)
                total = tf.reduce_sum(activation(hidden))
            slopes = tf.reduce_sum(tape.gradient(total, hidden) ** 2)
        return outer.gradient(slopes, kernel)

    assert second(lambda x: leaky_relu(x, 0.2)) is None
    np.testing.assert_array_equal(second(lambda x: tf.nn.leaky_relu(x, 0.2)), tf.zeros([4, 3]))


def test_the_layer_is_saved_and_loaded():
    layer = keras.layers.deserialize(keras.layers.serialize(LeakyReLU(0.3)))
    np.testing.assert_allclose(layer(tf.constant([-1.0, 2.0])), [-0.3, 2.0])
