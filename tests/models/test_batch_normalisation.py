"""One operation gives what Keras gives by several."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.models.layers.batch_normalisation import BatchNormalization

SHAPE = (6, 5, 4, 3)


def both(dtype=None):
    """The layer and Keras's with the same weights."""
    layers = (
        BatchNormalization(momentum=0.9, dtype=dtype),
        keras.layers.BatchNormalization(momentum=0.9, dtype=dtype),
    )
    rng = np.random.default_rng(0)
    drawn = [rng.uniform(0.5, 2, 3) for _ in range(4)]
    for layer in layers:
        layer.build((None, *SHAPE[1:]))
        layer.set_weights(drawn)
    return layers


def images(dtype="float32"):
    return tf.cast(tf.random.stateless_normal(SHAPE, [0, 1], mean=0.5, stddev=2), dtype)


def test_values_gradients_and_averages_are_those_of_keras():
    inputs, found = images(), []
    for layer in both():
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(inputs, training=True)
            loss = tf.reduce_sum(tf.sin(outputs))
        weights = [inputs, *layer.trainable_variables]
        gradients = tape.gradient(loss, [getattr(w, "value", w) for w in weights])
        found.append([outputs, *gradients, *layer.non_trainable_variables])
    assert len(found[0]) == 6
    for ours, kerass in zip(*found, strict=True):
        np.testing.assert_allclose(ours, kerass, atol=2e-5, rtol=2e-5)


def test_inference_uses_the_averages_and_leaves_them():
    layer, reference = both()
    before = [v.numpy() for v in layer.variables]
    np.testing.assert_allclose(layer(images()), reference(images()), atol=1e-6)
    for variable, value in zip(layer.variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)


@pytest.mark.parametrize("training", [True, False])
def test_in_mixed_precision_the_moments_are_float32(training):
    layer, reference = both("mixed_bfloat16")
    ours, kerass = (each(images("bfloat16"), training=training) for each in (layer, reference))
    assert ours.dtype == kerass.dtype == tf.bfloat16
    np.testing.assert_allclose(
        tf.cast(ours, tf.float32), tf.cast(kerass, tf.float32), atol=2**-6, rtol=2**-7
    )
    for average, expected in zip(
        layer.non_trainable_variables, reference.non_trainable_variables, strict=True
    ):
        np.testing.assert_allclose(average, expected, rtol=1e-5)
