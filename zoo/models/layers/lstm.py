"""The long short-term memory (LSTM).

Source: S. Hochreiter and J. Schmidhuber (1997); forget gate: F. Gers et al. (2000).
"""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from zoo.models.layers.recurrent import RecurrentLayer, sigmoid_gradient, tanh_gradient


class LSTMLayer(RecurrentLayer):
    """One LSTM layer; see `RecurrentLayer`.

        i, f, o = σ(gates_i), σ(gates_f), σ(gates_o);  g = tanh(gates_g)
        c_t = f c_{t-1} + i g;  h_t = o tanh(c_t);  gates_t = x_t W + b + h_{t-1} U

    The blocks of the weights are in the order i, f, g, o; the state is the pair (h, c).
    """

    num_gates, num_states, num_saved, num_products = 4, 2, 4, 1

    @staticmethod
    def first_bias(shape: Sequence[int] | tf.Tensor, dtype: str | None = None):
        """Initialises the bias with open forget gates (R. Jozefowicz et al. 2015)."""
        units = shape[0] // 4
        zeros, ones = keras.ops.zeros([units], dtype), keras.ops.ones([units], dtype)
        return keras.ops.concatenate([zeros, ones, zeros, zeros])

    def activate(self, projected: tf.Tensor, recurrent: tf.Tensor, state: Any):
        """See `RecurrentLayer.activate`; the gates are saved."""
        _, cell = state
        i, f, g, o = tf.split(projected + recurrent, 4, axis=-1)
        i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
        cell = f * cell + i * g
        return (o * tf.tanh(cell), cell), (i, f, g, o)

    def gradient(
        self,
        saved: tuple[tf.Tensor, ...],
        before: tuple[tf.Tensor, ...],
        after: tuple[tf.Tensor, ...],
        d_after: tuple[tf.Tensor, ...],
    ):
        """See `RecurrentLayer.gradient`."""
        (i, f, g, o), (_, previous), (_, cell), (d_hidden, d_cell) = saved, before, after, d_after
        squashed = tf.tanh(cell)
        d_cell = d_cell + tanh_gradient(squashed, d_hidden * o)
        d_i = sigmoid_gradient(i, d_cell * g)
        d_f = sigmoid_gradient(f, d_cell * previous)
        d_g = tanh_gradient(g, d_cell * i)
        d_o = sigmoid_gradient(o, d_hidden * squashed)
        return [tf.concat([d_i, d_f, d_g, d_o], axis=-1)], (None, d_cell * f)
