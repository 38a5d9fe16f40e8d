"""What a recurrent layer is: weights, and what is done to their products with inputs and state."""

import keras
import tensorflow as tf

from zoo.models.layers import float32_sums


class RecurrentLayer(keras.layers.Layer):
    """The weights of one recurrent layer.

    A subclass says what a time step does to the input's product x W + b and to the recurrent one
    h U, both [batch, num_gates units], by `activate`, and the gradient of that by `gradient`.

    Args:
        units: the size of the hidden state, and of everything else that is remembered.
        name: the layer's name.

    Attributes:
        num_gates: how many blocks of `units` columns the kernels have.
        num_states: how many tensors [batch, units] the state consists of, the hidden state first.
        num_saved: how many tensors [batch, units] `activate` saves for `gradient`.
        num_products: how many gradients of products `gradient` gives, 1 or 2.
    """

    num_gates: int
    num_states: int
    num_saved: int
    num_products: int

    def __init__(self, units: int, name: str):
        super().__init__(name=name)
        self.units = units

    def build(self, input_shape):
        """Makes the weights."""
        gates = self.num_gates * self.units
        self.kernel = self.add_weight((input_shape[-1], gates), "glorot_uniform", name="kernel")
        self.recurrent_kernel = self.add_weight(
            (self.units, gates), "orthogonal", name="recurrent_kernel"
        )
        self.bias = self.add_weight((gates,), self.first_bias, name="bias")

    @staticmethod
    def first_bias(shape, dtype=None):
        """The bias to begin with."""
        return keras.ops.zeros(shape, dtype)

    def project(self, inputs):
        """The input's product x W + b, [any, num_gates units], of inputs [any, units]."""
        return float32_sums.bias_add(
            tf.matmul(inputs, self.kernel), tf.convert_to_tensor(self.bias)
        )

    def zero_state(self, batch_size, dtype):
        """The state before the first time: a tuple of zeros [batch_size, units]."""
        return (tf.zeros([batch_size, self.units], dtype),) * self.num_states

    def activate(self, projected, recurrent, state):
        """One time step.

        Args:
            projected: x W + b, [batch, num_gates units].
            recurrent: h U, of the same shape.
            state: a tuple of `num_states` tensors [batch, units].

        Returns:
            The state after it, and a tuple of what `gradient` needs besides states.
        """
        raise NotImplementedError

    def gradient(self, saved, before, after, d_after):
        """The gradient of `activate`.

        Args:
            saved: what `activate` saved.
            before: the state before the time step.
            after: the state after it.
            d_after: the gradient with respect to the state after it.

        Returns:
            The gradients with respect to the two products (one tensor if they are the same, as
            where only the sum of the products counts), and with respect to the state before, as
            far as it does not act through the recurrent product: None for what only does.
        """
        raise NotImplementedError


def sigmoid_gradient(value, d_value):
    """d_value σ'(x) where value = σ(x), in one operation."""
    return tf.raw_ops.SigmoidGrad(y=value, dy=d_value)


def tanh_gradient(value, d_value):
    """d_value tanh'(x) where value = tanh(x), in one operation."""
    return tf.raw_ops.TanhGrad(y=value, dy=d_value)
