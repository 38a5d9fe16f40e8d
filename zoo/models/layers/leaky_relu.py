"""Leaky ReLU whose second derivative, 0, is not computed.

For y = x where x > 0, else slope · x, the gradient d_x = d_y · (1 where x > 0, else slope) is
linear in d_y and constant in x almost everywhere. Where a gradient penalty differentiates it once
more, TensorFlow sends zeros on to x, and through all layers below.
"""

import keras
import tensorflow as tf


def leaky_relu(features: tf.Tensor, slope: float):
    """x where x > 0, else slope · x.

    Args:
        features: any shape, of floats.
        slope: in [0, 1).

    Returns:
        The same shape and dtype.
    """

    @tf.custom_gradient
    def backward(upstream, features):
        def again(d_slopes):
            return tf.raw_ops.LeakyReluGrad(
                gradients=d_slopes, features=features, alpha=slope
            ), None

        return tf.raw_ops.LeakyReluGrad(gradients=upstream, features=features, alpha=slope), again

    @tf.custom_gradient
    def forward(features):
        return tf.nn.leaky_relu(features, slope), lambda upstream: backward(upstream, features)

    return forward(features)


@keras.saving.register_keras_serializable("zoo.leaky_relu")
class LeakyReLU(keras.layers.LeakyReLU):
    """`keras.layers.LeakyReLU` by `leaky_relu`."""

    def call(self, inputs: tf.Tensor):
        """See `keras.layers.LeakyReLU`."""
        return leaky_relu(inputs, self.negative_slope)
