"""Layers with spectral normalisation: the kernel's largest singular value is 1.

    W̄ = W / σ(W),    σ(W) = max over |u| = 1 of |W u| = |W u₁|

with W the kernel as a matrix [inputs, outputs] and u₁ its first right singular vector, which
a weight u of the layer follows by one step of power iteration a training call,

    u <- Wᵀ W u / |Wᵀ W u|

The gradient of |W u| at fixed u is v uᵀ with v = W u / |W u|: that of σ(W), once u = u₁.
Source: T. Miyato et al., "Spectral Normalization for Generative Adversarial Networks",
arXiv 1802.05957 (2018), section 2.1, eq. 12 and algorithm 1, which writes u for v and v for u.

`keras.layers.SpectralNormalization` (Keras 3.15) overwrites the kernel by W / σ(W) at each
training call. The optimiser then moves another weight than the method's, and by the gradient
of an ordinary layer: no gradient passes through σ.
"""

import keras
import tensorflow as tf
from keras import ops

from zoo.models.layers import float32_sums


class _SpectralNormalisation:
    """Divides a layer's kernel W by σ(W); W stays its weight.

    A call with `training=True` first moves u by one power iteration; any other leaves it.
    """

    def build(self, input_shape):
        super().build(input_shape)
        outputs = self._kernel.shape[-1]
        self.u = self.add_weight(
            name="u",
            shape=(outputs,),
            initializer=keras.initializers.Constant(outputs**-0.5),
            trainable=False,
            autocast=False,
            aggregation="only_first_replica",  # all hold the same kernel, and so the same u
        )

    @property
    def kernel(self):
        """W / σ(W), of the shape of W."""
        sigma = ops.norm(ops.matmul(self._matrix(), self.u))
        return ops.cast(super().kernel / ops.cast(sigma, self.compute_dtype), self.compute_dtype)

    def call(self, inputs: tf.Tensor, training: bool = False):
        if training:
            matrix = ops.stop_gradient(self._matrix())
            u = ops.matmul(ops.matmul(matrix, self.u), matrix)
            self.u.assign(u / ops.norm(u))
        return super().call(inputs)

    def _matrix(self):
        kernel = super().kernel
        return ops.cast(ops.reshape(kernel, (-1, kernel.shape[-1])), self.u.dtype)


@keras.saving.register_keras_serializable("zoo.spectral_normalisation")
class Dense(_SpectralNormalisation, float32_sums.Dense):
    """`keras.layers.Dense` with a kernel of largest singular value 1."""


@keras.saving.register_keras_serializable("zoo.spectral_normalisation")
class Conv2D(_SpectralNormalisation, float32_sums.Conv2D):
    """`keras.layers.Conv2D` whose kernel, as a matrix [height·width·inputs, outputs], has σ = 1.

    This is the norm that the source takes; that of the convolution itself, which adds up over
    overlapping windows, can be larger.
    """
