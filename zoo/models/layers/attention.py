"""Attention to the last positions, which knows by turning how far back they are.

Source: A. Vaswani et al. (2017), arXiv 1706.03762; rotary positions: J. Su et al. (2021),
arXiv 2104.09864, equation 34.
"""

import math

import keras
import numpy as np
import tensorflow as tf

_BASE = 10_000  # the slowest pair turns once in 2π times as many positions
_PARTS = 2**32  # of a turn


class Attention(keras.layers.Layer):
    """Causal self-attention by several heads. Time is the first axis of what is read.

    Args:
        heads: how many; each has an equal and even share of the features.
        output_scale: of the initial weights that mix what the heads have found.
        name: the layer's name.
    """

    def __init__(self, heads: int, output_scale: float, name: str):
        super().__init__(name=name)
        self.heads, self._output_scale = heads, output_scale

    def build(self, input_shape):
        """Makes the weights; queries, keys and values come of one product."""
        units = input_shape[-1]
        self.kernel = self.add_weight((units, 3 * units), normal(units), name="kernel")
        self.output_kernel = self.add_weight(
            (units, units), normal(units, self._output_scale), name="output_kernel"
        )

    def read(self, inputs, turns, visible, cache=None):
        """What each position finds.

        Args:
            inputs: [time, batch, units].
            turns: of the inputs' positions, see `turns`.
            visible: what each position may read, see `visible`.
            cache: keys and values of earlier positions, each [batch, heads, cached, size]; None:
                there are none.

        Returns:
            [time, batch, units]; and the keys and values of the last positions, as many as
            `cache` has.
        """
        time, units = _size(inputs, 0), inputs.shape[-1]
        projected = tf.tensordot(inputs, self.kernel, axes=1)
        split = tf.reshape(projected, [time, -1, 3, self.heads, units // self.heads])
        queries, keys, values = tf.unstack(tf.transpose(split, [2, 1, 3, 0, 4]))
        queries, keys = turn(queries, turns), turn(keys, turns)
        if cache is not None:
            keys, values = tf.concat([cache[0], keys], 2), tf.concat([cache[1], values], 2)
        found = attend(queries, keys, values, visible)  # [batch, heads, time, size]
        joined = tf.reshape(tf.transpose(found, [2, 0, 1, 3]), [time, -1, units])
        last = keys[:, :, time:], values[:, :, time:]
        return tf.tensordot(joined, self.output_kernel, axes=1), last


def normal(fan_in: int, scale: float = 1.0):
    """An initializer N(0, scale² / fan_in): products keep the size of their inputs, times scale."""
    return keras.initializers.RandomNormal(stddev=scale / math.sqrt(fan_in))


def attend(queries, keys, values, visible):
    """softmax(Q Kᵀ / sqrt(size)) V, over what is visible.

    Args:
        queries: Q, [batch, heads, time, size].
        keys: K, [batch, heads, any, size].
        values: V, like the keys.
        visible: bool, which broadcasts to [batch, heads, time, any].

    Returns:
        [batch, heads, time, size].
    """
    queries /= math.sqrt(queries.shape[-1])
    # Not a sum with 0 and -inf: TensorFlow makes one operation of scale, product and sum where
    # no gradient is asked for, and that takes a hundred times as long.
    scores = tf.where(visible, tf.matmul(queries, keys, transpose_b=True), -float("inf"))
    return tf.matmul(tf.nn.softmax(scores), values)


def turns(positions, size: int, dtype):
    """By which angles `turn` turns what stands at these positions.

    The angle of pair i at position p is p / 10,000^(2i / size). The angle of one position is
    rounded to a 2^32th of a turn, so that multiples of it are exact: differences of angles lose
    no digits, however long a text is.

    Args:
        positions: int32 [...], from 0 up.
        size: how many features will be turned, an even number.
        dtype: of the result.

    Returns:
        Cosines and sines, each [..., size / 2].
    """
    turns_per_position = _BASE ** (-np.arange(0, size, 2) / size) / (2 * np.pi)
    parts = np.round(turns_per_position * _PARTS).astype(np.int64)
    turned = tf.cast(positions, tf.int64)[..., None] * parts % _PARTS
    angles = tf.cast(turned, tf.float32) * (2 * np.pi / _PARTS)
    return tf.cast(tf.cos(angles), dtype), tf.cast(tf.sin(angles), dtype)


def turn(features, turns):
    """Features [..., size] turned in pairs: the first with the first of the second half, and so on.

    The product of two turned vectors depends on their positions by the difference only.
    """
    (first, second), (cosine, sine) = tf.split(features, 2, axis=-1), turns
    return tf.concat([first * cosine - second * sine, first * sine + second * cosine], axis=-1)


def visible(before, time, cached: int, context: int):
    """Which positions each may read: itself and those before, as far back as the context.

    Args:
        before: how many positions came before, int32 [batch].
        time: how many positions read.
        cached: of how many of those before there are keys, be they less or made up.
        context: how many positions may be read, the reading one included.

    Returns:
        bool [batch, 1, time, cached + time].
    """
    reading, read = tf.range(time)[:, None], tf.range(-cached, time)
    near = (read <= reading) & (read > reading - context)
    return near & (read >= -before[:, None, None, None])


def _size(values, axis):
    return tf.shape(values)[axis] if values.shape[axis] is None else values.shape[axis]
