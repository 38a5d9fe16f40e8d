"""The recurrence of a long short-term memory, with a gradient written for speed.

Source: S. Hochreiter and J. Schmidhuber (1997); forget gate: F. Gers et al. (2000).
"""

import keras
import tensorflow as tf


class LSTMLayer(keras.layers.Layer):
    """The weights of one LSTM layer.

    Args:
        units: the size of the hidden state and of the cell.
        name: the layer's name.
    """

    def __init__(self, units: int, name: str):
        super().__init__(name=name)
        self.units = units

    def build(self, input_shape):
        """Makes the weights; forget gates start open (R. Jozefowicz et al. 2015)."""
        gates = 4 * self.units
        self.kernel = self.add_weight((input_shape[-1], gates), "glorot_uniform", name="kernel")
        self.recurrent_kernel = self.add_weight(
            (self.units, gates), "orthogonal", name="recurrent_kernel"
        )
        self.bias = self.add_weight((gates,), _open_forget_gates, name="bias")

    def project(self, inputs):
        """The input's part of the gates, [..., 4 units]."""
        return tf.tensordot(inputs, self.kernel, axes=1) + self.bias

    def recur(self, projected, hidden, cell):
        """Runs `lstm` over projected inputs [time, batch, 4 units]."""
        return lstm(projected, tf.convert_to_tensor(self.recurrent_kernel), hidden, cell)

    def step(self, projected, hidden, cell):
        """One time step on projected inputs [batch, 4 units]: the new hidden state and cell."""
        _, cell, hidden = _step(projected, self.recurrent_kernel, hidden, cell)
        return hidden, cell


def _open_forget_gates(shape, dtype=None):
    units = shape[0] // 4
    return keras.ops.concatenate(
        [
            keras.ops.zeros([units], dtype),
            keras.ops.ones([units], dtype),
            keras.ops.zeros([2 * units], dtype),
        ]
    )


def lstm(projected, recurrent_kernel, hidden, cell):
    """Runs an LSTM over time.

        i, f, o = σ(gates_i), σ(gates_f), σ(gates_o);  g = tanh(gates_g)
        c_t = f c_{t-1} + i g;  h_t = o tanh(c_t);  gates_t = projected_t + h_{t-1} U

    The gradient of U is one product over all times after the loop, where automatic
    differentiation would make one small product a time step.

    Args:
        projected: the input's part of the gates, bias included, [time, batch, 4 units], in the
            order i, f, g, o.
        recurrent_kernel: U, [units, 4 units].
        hidden: h_0, [batch, units].
        cell: c_0, [batch, units].

    Returns:
        The hidden states [time, batch, units], and the last hidden state and cell [batch, units].
    """
    return _lstm(projected, recurrent_kernel, hidden, cell)


@tf.custom_gradient
def _lstm(projected, recurrent_kernel, first_hidden, first_cell):
    gates, cells, hiddens = _forward(projected, recurrent_kernel, first_hidden, first_cell)

    def gradient(d_hiddens, d_last_hidden, d_last_cell):
        previous_cells = tf.concat([first_cell[None], cells[:-1]], axis=0)
        previous_hiddens = tf.concat([first_hidden[None], hiddens[:-1]], axis=0)
        d_gates, d_hidden, d_cell = _backward(
            gates, cells, previous_cells, recurrent_kernel, d_hiddens, d_last_hidden, d_last_cell
        )
        d_kernel = tf.einsum("tbh,tbg->hg", previous_hiddens, d_gates)
        return d_gates, d_kernel, d_hidden, d_cell

    return (hiddens, hiddens[-1], cells[-1]), gradient


def _forward(projected, recurrent_kernel, hidden, cell):
    time = _length(projected)

    def body(t, hidden, cell, gates, cells, hiddens):
        gate, cell, hidden = _step(projected[t], recurrent_kernel, hidden, cell)
        arrays = gates.write(t, gate), cells.write(t, cell), hiddens.write(t, hidden)
        return t + 1, hidden, cell, *arrays

    arrays = [tf.TensorArray(projected.dtype, time, name=name) for name in ("g", "c", "h")]
    *_, gates, cells, hiddens = tf.while_loop(
        lambda t, *_: t < time, body, [tf.constant(0), hidden, cell, *arrays]
    )
    return gates.stack(), cells.stack(), hiddens.stack()


def _step(projected, recurrent_kernel, hidden, cell):
    i, f, g, o = tf.split(projected + tf.matmul(hidden, recurrent_kernel), 4, axis=-1)
    i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
    cell = f * cell + i * g
    return tf.concat([i, f, g, o], axis=-1), cell, o * tf.tanh(cell)


def _backward(gates, cells, previous_cells, recurrent_kernel, d_hiddens, d_hidden, d_cell):
    time = _length(gates)

    def body(t, d_hidden, d_cell, d_gates):
        i, f, g, o = tf.split(gates[t], 4, axis=-1)
        squashed = tf.tanh(cells[t])
        d_hidden = d_hidden + d_hiddens[t]
        d_cell = d_cell + d_hidden * o * (1 - squashed * squashed)
        d_i = d_cell * g * i * (1 - i)
        d_f = d_cell * previous_cells[t] * f * (1 - f)
        d_g = d_cell * i * (1 - g * g)
        d_o = d_hidden * squashed * o * (1 - o)
        d_gate = tf.concat([d_i, d_f, d_g, d_o], axis=-1)
        d_hidden = tf.matmul(d_gate, recurrent_kernel, transpose_b=True)
        return t - 1, d_hidden, d_cell * f, d_gates.write(t, d_gate)

    start = [time - 1, d_hidden, d_cell, tf.TensorArray(gates.dtype, time)]
    _, d_hidden, d_cell, d_gates = tf.while_loop(lambda t, *_: t >= 0, body, start)
    return d_gates.stack(), d_hidden, d_cell


def _length(values):
    return values.shape[0] if values.shape[0] is not None else tf.shape(values)[0]
