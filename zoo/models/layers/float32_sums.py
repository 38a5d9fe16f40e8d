"""Biases and embeddings whose gradients are summed in float32, and Keras layers with such biases.

A bias's gradient is a sum over all examples and places, a row's of an embedding one over all
places where it is looked up:

    d_bias = Σ_i d_values[i],    d_table[j] = Σ over i with indices[i] = j of d_values[i]

In bfloat16 TensorFlow's kernels for a CPU round each partial sum to 8 bits, and a sum of ones
stops at 256. They sum in float32 the gradients of kernels, of what is added by `+`, of batch
normalisation, and of `tf.gather` from a variable that is cast and otherwise as it is: the rows are
cast before they are summed. In a graph oneDNN sums the bias's gradient of most convolutions, too.
"""

import keras
import tensorflow as tf
from keras import ops


def bias_add(values: tf.Tensor, bias: tf.Tensor):
    """`tf.nn.bias_add`, of which the bias's gradient is summed in float32.

    Args:
        values: [..., channels], of at least two axes.
        bias: a tensor [channels] of the same dtype.

    Returns:
        The shape of `values`.
    """
    return tf.nn.bias_add(values, bias) if bias.dtype.size >= 4 else _bias_add(values, bias)


def lookup(table: tf.Tensor, indices: tf.Tensor):
    """`tf.gather`, of which the table's gradient is summed in float32.

    Args:
        table: a tensor [rows, ...].
        indices: integers [...], in [0, rows).

    Returns:
        The rows: the shape of the indices, followed by that of a row.
    """
    return tf.gather(table, indices) if table.dtype.size >= 4 else _lookup(table, indices)


def bias_gradient(d_values: tf.Tensor):
    """Σ over all axes but the last of [..., channels]: [channels], of the same dtype."""
    total = tf.raw_ops.BiasAddGrad(out_backprop=_wide(d_values))
    return tf.cast(total, d_values.dtype)


def lookup_gradient(d_values: tf.Tensor, indices: tf.Tensor, rows: int | tf.Tensor):
    """The gradient [rows, ...] of a table, from that of what was looked up.

    Args:
        d_values: the shape of the indices, followed by that of a row.
        indices: integers [...], in [0, rows).
        rows: how many rows the table has, int or int32 [].
    """
    total = tf.math.unsorted_segment_sum(_wide(d_values), indices, rows)
    return tf.cast(total, d_values.dtype)


@tf.custom_gradient
def _bias_add(values, bias):
    return tf.nn.bias_add(values, bias), lambda d_values: (d_values, bias_gradient(d_values))


@tf.custom_gradient
def _lookup(table, indices):
    rows = tf.shape(table)[0]
    return tf.gather(table, indices), lambda upstream: (
        lookup_gradient(upstream, indices, rows),
        None,
    )


def _wide(values):
    """bfloat16 and float16 as float32, others as they are."""
    return tf.cast(values, tf.float32) if values.dtype.size < 4 else values


@keras.saving.register_keras_serializable("zoo.float32_sums")
class Dense(keras.layers.Dense):
    """`keras.layers.Dense`, of which the bias's gradient is summed in float32."""

    def call(self, inputs: tf.Tensor, training: bool | None = None):
        """See `keras.layers.Dense`."""
        del training
        return _finish(self, ops.matmul(inputs, self.kernel))


@keras.saving.register_keras_serializable("zoo.float32_sums")
class Conv1D(keras.layers.Conv1D):
    """`keras.layers.Conv1D` with padding="causal", the bias's gradient summed in float32."""

    def call(self, inputs: tf.Tensor):
        """See `keras.layers.Conv1D`."""
        before = self.dilation_rate[0] * (self.kernel_size[0] - 1)
        padded = tf.pad(inputs, [[0, 0], [before, 0], [0, 0]])
        strides, dilation = self.strides[0], self.dilation_rate[0]
        values = ops.conv(padded, self.kernel, strides, "valid", "channels_last", dilation)
        return _finish(self, values)


@keras.saving.register_keras_serializable("zoo.float32_sums")
class Conv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D`, of which the bias's gradient is summed in float32."""

    def call(self, inputs: tf.Tensor):
        """See `keras.layers.Conv2D`."""
        return _finish(self, self.convolution_op(inputs, self.kernel))


@keras.saving.register_keras_serializable("zoo.float32_sums")
class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose`, of which the bias's gradient is summed in float32."""

    def call(self, inputs: tf.Tensor):
        """See `keras.layers.Conv2DTranspose`."""
        values = ops.conv_transpose(
            inputs, self.kernel, list(self.strides), self.padding, data_format="channels_last"
        )
        return _finish(self, values)


def _finish(layer, values):
    """A layer's bias and activation, where it has them."""
    if layer.use_bias:
        values = bias_add(values, tf.convert_to_tensor(layer.bias))
    return values if layer.activation is None else layer.activation(values)
