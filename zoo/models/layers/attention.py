"""Causal sliding-window self-attention with rotary position embeddings (RoPE).

Source: A. Vaswani et al. (2017), arXiv 1706.03762; rotary positions: J. Su et al. (2021),
arXiv 2104.09864, equation 34.
"""

import math

import keras
import numpy as np
import tensorflow as tf

from zoo.models.layers.sizes import size

_BASE = 10_000  # the slowest pair makes one turn in 2π times as many positions
_PARTS = 2**32  # of a turn


class Attention(keras.layers.Layer):
    """Multi-head causal self-attention. Time is the first axis of its inputs.

    Args:
        heads: the number of heads; each has an equal and even share of the features.
        output_scale: the scale of the output projection's initial weights.
        name: the layer's name.
    """

    def __init__(self, heads: int, output_scale: float, name: str):
        super().__init__(name=name)
        self.heads, self._output_scale = heads, output_scale

    def build(self, input_shape: tuple):
        """Makes the weights; queries, keys and values come of one product."""
        units = input_shape[-1]
        self.kernel = self.add_weight((units, 3 * units), normal(units), name="kernel")
        self.output_kernel = self.add_weight(
            (units, units), normal(units, self._output_scale), name="output_kernel"
        )

    def read(
        self,
        inputs: tf.Tensor,
        angles: tf.Tensor,
        visible: tf.Tensor,
        cache: tuple[tf.Tensor, tf.Tensor] | None = None,
        slots: tf.Tensor | None = None,
    ):
        """Attends to the inputs and to the cached positions.

        Args:
            inputs: [time, batch, units].
            angles: the `rope_angles` of the inputs' positions.
            visible: the attention mask, see `visible`: of one position with a cache over the
                cache's slots, its own key among them; of several over the slots, then the inputs.
            cache: keys and values of earlier positions, each [batch, heads, slots, size]; None:
                there are none.
            slots: the `cache_slots` of the inputs' positions.

        Returns:
            [time, batch, units]; and the cache with the keys and values of the last positions.
        """
        time, units = size(inputs, 0), inputs.shape[-1]
        projected = tf.tensordot(inputs, self.kernel, axes=1)
        split = tf.reshape(projected, [time, -1, 3, self.heads, units // self.heads])
        queries, keys, values = tf.unstack(tf.transpose(split, [2, 1, 3, 0, 4]))
        queries, keys = rotate(queries, angles), rotate(keys, angles)
        if cache is not None:
            before = cache
            cache = write(cache[0], keys, slots), write(cache[1], values, slots)
            if inputs.shape[0] == 1:
                keys, values = cache
            else:
                keys, values = tf.concat([before[0], keys], 2), tf.concat([before[1], values], 2)
        attended = attend(queries, keys, values, visible)  # [batch, heads, time, size]
        joined = tf.reshape(tf.transpose(attended, [2, 0, 1, 3]), [time, -1, units])
        return tf.tensordot(joined, self.output_kernel, axes=1), cache


def normal(fan_in: int, scale: float = 1.0) -> keras.initializers.Initializer:
    """Initializer N(0, scale² / fan_in): products keep the size of their inputs, times scale."""
    return keras.initializers.RandomNormal(stddev=scale / math.sqrt(fan_in))


def attend(queries: tf.Tensor, keys: tf.Tensor, values: tf.Tensor, visible: tf.Tensor):
    """Scaled dot-product attention softmax(Q Kᵀ / sqrt(size)) V over the visible keys.

    Args:
        queries: Q, [batch, heads, time, size].
        keys: K, [batch, heads, any, size].
        values: V, like the keys.
        visible: the attention mask, bool, which broadcasts to [batch, heads, time, any].

    Returns:
        [batch, heads, time, size].
    """
    queries /= math.sqrt(queries.shape[-1])
    # Not a sum with 0 and -inf: TensorFlow makes one operation of scale, product and sum where
    # no gradient is asked for, and that takes a hundred times as long.
    scores = tf.where(visible, tf.matmul(queries, keys, transpose_b=True), -float("inf"))
    return tf.matmul(tf.nn.softmax(scores), values)


def rope_angles(positions: tf.Tensor, size: int, dtype: tf.DType) -> tuple:
    """Cosines and sines of the RoPE angles of positions.

    The angle of pair i at position p is p / 10,000^(2i / size). The angle of one position is
    rounded to a 2^32th of a turn, so that multiples of it are exact: differences of angles lose
    no digits, however long a text is.

    Args:
        positions: int32 [...], from 0 up.
        size: the number of features to rotate, an even number.
        dtype: the dtype of the result.

    Returns:
        Cosines and sines, each [..., size / 2].
    """
    turns_per_position = _BASE ** (-np.arange(0, size, 2) / size) / (2 * np.pi)
    parts = np.round(turns_per_position * _PARTS).astype(np.int64)
    turned = tf.cast(positions, tf.int64)[..., None] * parts % _PARTS
    angles = tf.cast(turned, tf.float32) * (2 * np.pi / _PARTS)
    return tf.cast(tf.cos(angles), dtype), tf.cast(tf.sin(angles), dtype)


def rotate(features: tf.Tensor, angles: tuple):
    """Rotates features [..., size] in pairs by `rope_angles`.

    The features of a pair stand at the same place in the two halves. The product of two rotated
    vectors depends on their positions by the difference only.
    """
    (first, second), (cosine, sine) = tf.split(features, 2, axis=-1), angles
    return tf.concat([first * cosine - second * sine, first * sine + second * cosine], axis=-1)


def visible(reading: tf.Tensor, read: tf.Tensor, context: int):
    """Attention mask: each position attends to itself and those before it within the context.

    Args:
        reading: the positions of the queries, int32 [batch or 1, time].
        read: the positions of the keys, int32 [batch or 1, any]; below 0 there are none.
        context: the number of positions that are attended to, the query's own included.

    Returns:
        bool [batch or 1, 1, time, any].
    """
    back = reading[:, None, :, None] - read[:, None, None, :]
    return (back >= 0) & (back < context) & (read >= 0)[:, None, None, :]


def cache_positions(last: tf.Tensor, slots: int):
    """Positions whose keys the slots of a cache hold after the position `last`.

    The keys of position p are in slot p modulo `slots`.

    Args:
        last: int32 [batch], -1: before the first.
        slots: the number of slots.

    Returns:
        Positions, int32 [batch, slots], below 0 where there is none yet.
    """
    return last[:, None] - (last[:, None] - tf.range(slots)) % slots


def cache_slots(positions: tf.Tensor, heads: int, slots: int):
    """Indices of a cache that the keys of the last of these positions are written to.

    Args:
        positions: consecutive positions, int32 [batch, time].
        heads: the number of the cache's heads.
        slots: the number of the cache's slots, and so of the positions that are written.

    Returns:
        Indices of batch, head and slot, int32 [batch, heads, min(time, slots), 3].
    """
    slot = (positions % slots)[:, -slots:]
    shape = tf.shape(slot)[0], heads, tf.shape(slot)[1]
    each = tf.meshgrid(tf.range(shape[0]), tf.range(heads), tf.range(shape[2]), indexing="ij")
    return tf.stack([*each[:2], tf.broadcast_to(slot[:, None], shape)], axis=-1)


def write(cache: tuple[tf.Tensor, tf.Tensor], new: tf.Tensor, indices: tf.Tensor):
    """Writes the last of `new`, [batch, heads, time, size], to a cache [batch, heads, slots, size].

    Args:
        cache: keys or values.
        new: those of the positions.
        indices: the `cache_slots` of the positions.
    """
    return tf.tensor_scatter_nd_update(cache, indices, new[:, :, -cache.shape[2] :])
