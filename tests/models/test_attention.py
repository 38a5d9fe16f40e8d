"""Attention with rotary positions, against its formulas written out."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.models.layers import attention
from zoo.models.layers.attention import Attention
from zoo.models.layers.feedforward import FeedForward, normalise, squared_relu


def normal(shape, number, dtype=tf.float32):
    return tf.random.stateless_normal(shape, [7, number], dtype=dtype)


def turned(vector, position):
    """Pairs (i, i + size / 2) as complex numbers, times e^(i p / 10,000^(2i / size))."""
    half = len(vector) // 2
    angles = position / 10_000 ** (np.arange(half) / half)
    numbers = (vector[:half] + 1j * vector[half:]) * np.exp(1j * angles)
    return np.concatenate([numbers.real, numbers.imag])


def test_turning_is_its_formula():
    features, positions = normal([5, 8], 0), np.array([0, 1, 2, 50, 3000], np.int32)
    found = attention.rotate(features, attention.rope_angles(positions, 8, tf.float32))
    expected = [turned(row, p) for row, p in zip(features.numpy(), positions, strict=True)]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_array_equal(found[0], features[0])


@pytest.mark.parametrize("shift", [1, 999, 1_000_000, 2_000_000_000])
def test_products_depend_on_the_distance_alone(shift):
    """So texts of any length are read alike; plain float32 is off by a turn at the last shift."""
    query, key = normal([1, 16], 1), normal([1, 16], 2)

    def product(query_at, key_at):
        pair = zip((query, key), (query_at, key_at), strict=True)
        a, b = (attention.rotate(x, attention.rope_angles([at], 16, tf.float32)) for x, at in pair)
        return tf.reduce_sum(a * b)

    for distance in (0, 1, 7, 300):
        near = product(300, 300 - distance)
        np.testing.assert_allclose(product(300 + shift, 300 + shift - distance), near, atol=1e-5)
    assert abs(product(300, 300) - product(300, 299)) > 0.1


@pytest.mark.parametrize("context", [1, 3, 9])
def test_what_may_be_read(context):
    reading, read = np.array([[0, 1, 2], [50, 51, 52]]), np.array([[-2, -1, 0], [44, 49, 52]])
    found = attention.visible(tf.constant(reading), tf.constant(read), context)
    assert found.shape == (2, 1, 3, 3)
    for row, t, place in np.ndindex(2, 3, 3):
        back = reading[row, t] - read[row, place]
        seen = read[row, place] >= 0 and 0 <= back < context
        assert found[row, 0, t, place] == seen


@pytest.mark.parametrize("slots", [1, 3, 9])
def test_a_slot_holds_the_last_position_of_its_remainder(slots):
    last = np.array([-1, 0, 1, 7, 50], np.int32)
    found = attention.cache_positions(tf.constant(last), slots).numpy()
    for row, slot in np.ndindex(found.shape):
        those = [p for p in range(last[row] + 1) if p % slots == slot]
        assert found[row, slot] == those[-1] if those else found[row, slot] < 0


@pytest.fixture
def layer():
    keras.utils.set_random_seed(3)
    layer = Attention(2, 1.0, "layer")
    layer.build((None, None, 8))
    return layer


def by_definition(layer, inputs, context):
    """One row [time, units], position by position, in float64."""
    kernel, output = (np.float64(v.numpy()) for v in (layer.kernel, layer.output_kernel))
    queries, keys, values = np.split(np.float64(inputs) @ kernel, 3, axis=-1)
    result = np.zeros_like(queries)
    for t in range(len(inputs)):
        for head in (slice(0, 4), slice(4, 8)):
            seen = range(max(0, t - context + 1), t + 1)
            query = turned(queries[t, head], t)
            scores = np.array([query @ turned(keys[s, head], s) for s in seen]) / math.sqrt(4)
            weights = np.exp(scores) / np.exp(scores).sum()
            result[t, head] = weights @ values[list(seen), head]
    return result @ output


@pytest.mark.parametrize("context", [1, 3, 9])
def test_a_layer_is_its_definition(layer, context):
    inputs = 2 * normal([9, 2, 8], 4)
    turns = attention.rope_angles(tf.range(9), 4, tf.float32)
    visible = attention.visible(tf.range(9)[None], tf.range(9)[None], context)
    found, _ = layer.read(inputs, turns, visible)
    for row in range(2):
        expected = by_definition(layer, inputs[:, row], context)
        np.testing.assert_allclose(found[:, row], expected, atol=1e-5)


@pytest.mark.parametrize("pieces", [[5], [1, 1, 1, 1, 1], [4, 1], [1, 3, 1]])
def test_the_cache_holds_the_last_keys_and_values(layer, pieces):
    """Old ones leave as new ones come, the turned keys and the values as they are."""
    inputs, slots, context, at = normal([5, 2, 8], 5), 3, 3, 0
    cache = tf.zeros([2, 2, slots, 4]), tf.zeros([2, 2, slots, 4])
    for piece in tf.split(inputs, pieces):
        positions = tf.fill([2, 1], at) + tf.range(len(piece))
        turns = attention.rope_angles(positions[:, None], 4, tf.float32)
        held = attention.cache_positions(positions[:, 0] - (len(piece) > 1), slots)
        read = held if len(piece) == 1 else tf.concat([held, positions], axis=1)
        visible = attention.visible(positions, read, context)
        places = attention.cache_slots(positions, 2, slots)
        _, cache = layer.read(piece, turns, visible, cache, places)
        at += len(piece)
    keys, values = cache
    _, its_keys, its_values = np.split(inputs.numpy() @ layer.kernel.numpy(), 3, axis=-1)
    for row, head, t in np.ndindex(2, 2, slots):
        t, part = t + 2, slice(4 * head, 4 * head + 4)
        expected = turned(its_keys[t, row, part], t)
        np.testing.assert_allclose(keys[row, head, t % slots], expected, atol=1e-5)
        np.testing.assert_allclose(
            values[row, head, t % slots], its_values[t, row, part], atol=1e-5
        )


@pytest.mark.parametrize(
    ("function", "plain"),
    [
        (squared_relu, lambda x: tf.square(tf.maximum(x, 0))),
        (normalise, lambda x: x / tf.sqrt(tf.reduce_mean(x**2, -1, keepdims=True) + 1e-6)),
    ],
    ids=["squared_relu", "normalise"],
)
def test_gradients_are_those_of_the_formulas(function, plain):
    inputs, upstream = normal([4, 6], 6, tf.float64), normal([4, 6], 7, tf.float64)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(inputs)
        mine, its = function(inputs), plain(inputs)
    np.testing.assert_allclose(mine, its, rtol=1e-12)
    gradient = tape.gradient(mine, inputs, upstream)
    np.testing.assert_allclose(gradient, tape.gradient(its, inputs, upstream), rtol=1e-12)


def test_a_feed_forward_layer_by_hand():
    layer = FeedForward(2, 1.0, "layer")
    layer.build((None, 2))
    layer.kernel.assign([[1.0, 0.0], [1.0, -1.0]])
    layer.output_kernel.assign([[1.0, 2.0], [10.0, 0.0]])
    # (1, 2) becomes (3, -2), of which 9 and 0 are left.
    np.testing.assert_allclose(layer.compute(tf.constant([[1.0, 2.0]])), [[9.0, 18.0]])


def test_initial_weights_have_the_size_that_is_asked_for():
    weights = attention.normal(100, scale=0.5)((100, 1000)).numpy()
    # The standard error of a standard deviation of 100,000 normal numbers is 0.22 %.
    np.testing.assert_allclose(weights.std(), 0.05, rtol=5 * 0.0022)
