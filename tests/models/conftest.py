"""What the tests of recurrent layers share."""

import numpy as np
import pytest
import tensorflow as tf

from zoo.models.layers import recurrence


def unroll(layer, inputs, state):
    """Runs one layer over inputs [batch, time, features] that tokens stand for."""
    batch, time, features = inputs.shape
    tokens = tf.transpose(tf.reshape(tf.range(batch * time), [batch, time]))
    table = layer.project(tf.reshape(inputs, [-1, features]))
    weights = recurrence.loop_weights([layer], projected=True)
    outputs, (last,) = recurrence.unroll([layer], weights, tokens, table, [tuple(state)])
    return tf.transpose(outputs, [1, 0, 2]), *last


def equals_keras(layer, reference, assign):
    """Outputs, last states and all gradients of a layer are those of one of Keras's.

    Args:
        layer: has 5 units.
        reference: the same of Keras, which returns sequences and states.
        assign: gives the reference the layer's weights, and returns the reference's variables
            that the layer's stand for.
    """
    inputs = tf.random.stateless_normal([3, 6, 4], [1, 1])  # [batch, time, features]
    weight = tf.random.stateless_normal([3, 6, 5], [1, 2])
    reference.build(inputs.shape)
    layer.build((None, 4))
    for number, variable in enumerate(layer.trainable_variables):
        variable.assign(tf.random.stateless_normal(variable.shape, [4, number]) / 2)
    variables = assign(layer, reference)
    start = [tf.random.stateless_normal([3, 5], [2, n]) for n in range(layer.num_states)]

    def loss(outputs, *last):
        ends = [tf.reduce_sum(end * (number + 1)) for number, end in enumerate(last)]
        return tf.reduce_sum(outputs * weight) + tf.add_n(ends)

    with tf.GradientTape(persistent=True) as tape:
        tape.watch([inputs, *start])
        mine, its = unroll(layer, inputs, start), reference(inputs, initial_state=start)
        losses = loss(*mine), loss(*its)
    for found, expected in zip(mine, its, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6)
    found = tape.gradient(losses[0], [*layer.trainable_variables, inputs, *start])
    expected = tape.gradient(losses[1], [*variables, inputs, *start])
    for gradient, its_gradient in zip(found, expected, strict=True):
        if gradient.shape != its_gradient.shape:
            its_gradient = its_gradient[0]  # of Keras's two biases the input's
        np.testing.assert_allclose(gradient, its_gradient, rtol=1e-4, atol=1e-5)


def equals_differences(layer):
    """The gradient of the recurrent kernel under XLA, in float64, against small differences."""
    layer.build((None, 3))
    gates = layer.num_gates * 3
    table = tf.random.stateless_normal([8, gates], [0, 1], dtype=tf.float64)
    kernel = tf.random.stateless_normal([3, gates], [0, 2], dtype=tf.float64)
    tokens, state = tf.reshape(tf.range(8), [4, 2]), [layer.zero_state(2, tf.float64)]

    def value(kernel):
        outputs, _ = recurrence.unroll([layer], [[kernel]], tokens, table, state)
        return tf.reduce_sum(outputs**2)

    @tf.function(jit_compile=True)
    def gradient():
        with tf.GradientTape() as tape:
            tape.watch(kernel)
            total = value(kernel)
        return tape.gradient(total, kernel)

    found, small = gradient(), 1e-6
    for row, column in ((0, 0), (1, 5), (2, gates - 1)):
        one = tf.one_hot(row, 3, dtype=tf.float64)[:, None] * tf.one_hot(
            column, gates, dtype=tf.float64
        )
        difference = (value(kernel + small * one) - value(kernel - small * one)) / (2 * small)
        np.testing.assert_allclose(found[row, column], difference, rtol=1e-6)


@pytest.fixture
def assert_equals_keras():
    return equals_keras


@pytest.fixture
def assert_equals_differences():
    return equals_differences
