"""Recurrent layers: weights, and the nonlinear part of a time step with its gradient."""

import abc
from collections.abc import Sequence

import keras
import tensorflow as tf

from zoo.models.layers import float32_sums


class RecurrentLayer(keras.layers.Layer, abc.ABC):
    """The weights of one recurrent layer.

    A subclass defines by `activate` what a time step makes of the input's product x W + b and the
    recurrent one h U, both [batch, num_gates units], and by `gradient` the gradient of that.

    Args:
        units: the size of the hidden state, and of each other tensor of the state.
        name: the layer's name.

    Attributes:
        num_gates: the number of blocks of `units` columns of the kernels.
        num_states: the number of tensors [batch, units] of the state, the hidden state first.
        num_saved: the number of tensors [batch, units] that `activate` saves for `gradient`.
        num_products: the number of products whose gradients `gradient` returns, 1 or 2.
    """

    num_gates: int
    num_states: int
    num_saved: int
    num_products: int

    def __init__(self, units: int, name: str):
        super().__init__(name=name)
        self.units = units

    def build(self, input_shape: tuple):
        """Makes the weights."""
        gates = self.num_gates * self.units
        self.kernel = self.add_weight((input_shape[-1], gates), "glorot_uniform", name="kernel")
        self.recurrent_kernel = self.add_weight(
            (self.units, gates), "orthogonal", name="recurrent_kernel"
        )
        self.bias = self.add_weight((gates,), self.first_bias, name="bias")

    @staticmethod
    def first_bias(shape: Sequence[int] | tf.Tensor, dtype: str | None = None):
        """Initialises the bias."""
        return keras.ops.zeros(shape, dtype)

    def project(self, inputs: tf.Tensor):
        """Computes x W + b, [any, num_gates units], of inputs x, [any, units]."""
        return float32_sums.bias_add(
            tf.matmul(inputs, self.kernel), tf.convert_to_tensor(self.bias)
        )

    def zero_state(self, batch_size: int | tf.Tensor, dtype: tf.DType) -> tuple:
        """The state before the first time: a tuple of zeros [batch_size, units]."""
        return (tf.zeros([batch_size, self.units], dtype),) * self.num_states

    @abc.abstractmethod
    def activate(self, projected: tf.Tensor, recurrent: tf.Tensor, state: tuple) -> tuple:
        """Computes one time step.

        Args:
            projected: x W + b, [batch, num_gates units].
            recurrent: h U, of the same shape.
            state: a tuple of `num_states` tensors [batch, units].

        Returns:
            The state after it, and a tuple of the tensors that `gradient` needs besides states.
        """

    @abc.abstractmethod
    def gradient(self, saved: tuple, before: tuple, after: tuple, d_after: tuple) -> tuple:
        """Computes the gradient of `activate`.

        Args:
            saved: the tensors that `activate` saved.
            before: the state before the time step.
            after: the state after it.
            d_after: the gradient with respect to the state after it.

        Returns:
            The gradients with respect to the two products (one tensor if they are the same, as
            where only the sum of the products counts), and with respect to the state before, as
            far as it does not act through the recurrent product: None if it only acts so.
        """


def sigmoid_gradient(value: tf.Tensor, d_value: tf.Tensor):
    """Computes d_value σ'(x) where value = σ(x), in one operation."""
    return tf.raw_ops.SigmoidGrad(y=value, dy=d_value)


def tanh_gradient(value: tf.Tensor, d_value: tf.Tensor):
    """Computes d_value tanh'(x) where value = tanh(x), in one operation."""
    return tf.raw_ops.TanhGrad(y=value, dy=d_value)
