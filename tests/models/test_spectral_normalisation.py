"""Kernels have norm 1 by NumPy's SVD, and the gradient is that of W / σ(W)."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.models.layers import spectral_normalisation as spectral


def layer_and_inputs(kind, dtype="float64"):
    keras.utils.set_random_seed(1)
    generator = np.random.default_rng(0)
    if kind == "dense":
        layer, shape = spectral.Dense(5, dtype=dtype), (4, 7)
    else:
        layer, shape = spectral.Conv2D(5, 3, strides=2, padding="same", dtype=dtype), (4, 8, 8, 2)
    inputs = tf.constant(generator.normal(size=shape))
    layer.build(inputs.shape)
    return layer, inputs


def norm(kernel):
    kernel = np.asarray(kernel)
    return np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), compute_uv=False)[0]


def converge(layer, inputs):
    for _ in range(300):
        layer(inputs, training=True)


@pytest.mark.parametrize("kind", ["dense", "convolution"])
def test_the_kernel_is_divided_by_its_largest_singular_value(kind):
    layer, inputs = layer_and_inputs(kind)
    weight = layer.trainable_variables[0].numpy()
    converge(layer, inputs)
    np.testing.assert_array_equal(layer.trainable_variables[0], weight)
    np.testing.assert_allclose(layer.kernel, weight / norm(weight), rtol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(layer.u), 1, rtol=1e-12)


@pytest.mark.parametrize("kind", ["dense", "convolution"])
def test_the_layer_applies_the_normalised_kernel(kind):
    layer, inputs = layer_and_inputs(kind)
    layer.bias.assign(np.arange(5.0))
    kernel = np.asarray(layer.kernel)
    expected = (
        inputs @ kernel
        if kind == "dense"
        else tf.nn.conv2d(inputs, kernel, strides=2, padding="SAME")
    )
    np.testing.assert_allclose(layer(inputs), expected + np.arange(5.0), rtol=1e-12)


@pytest.mark.parametrize("kind", ["dense", "convolution"])
def test_the_gradient_passes_through_the_norm(kind):
    layer, inputs = layer_and_inputs(kind)
    converge(layer, inputs)
    weight = layer.trainable_variables[0]
    shape = tuple(weight.shape)
    slopes, direction = np.random.default_rng(2).normal(size=(2, *shape))
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(slopes * layer.kernel)
    gradient = tape.gradient(value, weight.value)

    def exact(step):
        moved = weight.numpy() + step * direction
        return np.sum(slopes * moved / norm(moved))

    difference = (exact(1e-5) - exact(-1e-5)) / 2e-5
    np.testing.assert_allclose(np.sum(gradient * direction), difference, rtol=1e-7)


def test_scaling_the_weight_changes_nothing():
    layer, inputs = layer_and_inputs("dense")
    weight, before = layer.trainable_variables[0], layer(inputs)
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(layer(inputs) ** 2)
    gradient = tape.gradient(value, weight.value)
    np.testing.assert_allclose(np.sum(gradient * weight.numpy()), 0, atol=1e-12)
    weight.assign(3 * weight)
    np.testing.assert_allclose(layer(inputs), before, rtol=1e-12)


def test_only_training_calls_take_a_step():
    layer, inputs = layer_and_inputs("dense")
    weight, before = layer.trainable_variables[0].numpy(), layer.u.numpy()
    layer(inputs)
    np.testing.assert_array_equal(layer.u, before)
    layer(inputs, training=True)
    expected = weight.T @ weight @ before
    np.testing.assert_allclose(layer.u, expected / np.linalg.norm(expected), rtol=1e-12)


@pytest.mark.parametrize("kind", ["dense", "convolution"])
def test_half_precision_keeps_the_norm_in_float32(kind):
    layer, inputs = layer_and_inputs(kind, "mixed_bfloat16")
    for _ in range(100):
        outputs = layer(inputs, training=True)
    assert outputs.dtype == tf.bfloat16
    assert layer.u.dtype == "float32"
    exact = layer.trainable_variables[0].numpy()
    # bfloat16 has 8 bits: rounding the kernel moves its entries by at most 1 / 256.
    np.testing.assert_allclose(np.asarray(layer.kernel), exact / norm(exact), rtol=1 / 100)


@pytest.mark.parametrize("kind", ["dense", "convolution"])
def test_config_and_weights_make_the_same_layer(kind):
    layer, inputs = layer_and_inputs(kind)
    layer(inputs, training=True)
    other = type(layer).from_config(layer.get_config())
    other.build(inputs.shape)
    other.set_weights(layer.get_weights())
    np.testing.assert_array_equal(other(inputs), layer(inputs))
