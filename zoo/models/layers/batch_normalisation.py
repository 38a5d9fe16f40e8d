"""Batch normalisation of images in one pass.

Source: S. Ioffe and C. Szegedy, "Batch Normalization: Accelerating Deep Network Training by
Reducing Internal Covariate Shift", arXiv 1502.03167 (2015), algorithms 1 and 2.
"""

import keras
import tensorflow as tf

from zoo import replicas


class BatchNormalization(keras.layers.BatchNormalization):
    """Keras's layer, for images whose channels come last: its weights, and its values.

        y = γ (x - mean) / sqrt(variance + ε) + β

    with the moments of the batch in training, of which inference has moving averages. Keras forms
    them, y and their gradients by an operation for each sign of the formula, each of which reads
    and writes all of the image's memory; TensorFlow has one operation for all.

    In a step that replicas share, the moments are those of the global batch.
    """

    def call(self, inputs: tf.Tensor, training: bool | None = None):
        """Normalises images, float [batch, height, width, channels]."""
        if not training:
            return super().call(inputs, training=False)
        if replicas.count() > 1:
            return self._over_replicas(inputs)
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs, self.gamma, self.beta, epsilon=self.epsilon
        )
        count = tf.cast(tf.size(inputs) // inputs.shape[-1], tf.float32)
        self._follow(self.moving_mean, mean)
        self._follow(self.moving_variance, variance * (count - 1) / count)  # of n, not n - 1
        return outputs

    def _over_replicas(self, inputs):
        values, axes = tf.cast(inputs, tf.float32), list(range(inputs.shape.rank - 1))
        mean = replicas.mean(tf.reduce_mean(values, axes))
        centred = values - mean
        variance = replicas.mean(tf.reduce_mean(tf.square(centred), axes))
        self._follow(self.moving_mean, mean)
        self._follow(self.moving_variance, variance)
        scale = tf.math.rsqrt(variance + self.epsilon) * self.gamma
        return tf.cast(centred * scale + self.beta, inputs.dtype)

    def _follow(self, average, value):
        average.assign(average * self.momentum + value * (1 - self.momentum))
