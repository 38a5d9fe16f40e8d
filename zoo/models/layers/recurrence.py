"""A stack of recurrent layers that reads token by token, with a gradient written for speed.

All layers take a step before the next token is read, so that the token may depend on their
predictions. The forward loop keeps what its gradient needs; the gradient is one loop backwards over
the states, and then one large product for each kernel, where automatic differentiation would make
a small one at each time.
"""

import typing
from collections.abc import Callable, Sequence

import tensorflow as tf

from zoo.models.layers import float32_sums
from zoo.models.layers.recurrent import RecurrentLayer
from zoo.models.layers.sizes import size


class _Record(typing.NamedTuple):
    """Record of the forward loop: arrays over time in the loop, and then tensors [time, ...]."""

    tokens: typing.Any  # int32 [batch]
    states: list  # of each layer after the time, [batch, units] each
    saved: list  # of each layer, see `RecurrentLayer.activate`


def loop_weights(layers: list[RecurrentLayer], projected: bool) -> list:
    """Weights of each layer for `step`: U, W and b; of the first layer, if projected, only U."""
    weights = [[layer.recurrent_kernel, layer.kernel, layer.bias] for layer in layers]
    if projected:
        weights[0] = weights[0][:1]
    return tf.nest.map_structure(tf.convert_to_tensor, weights)


def step(
    layers: list[RecurrentLayer],
    weights: list,
    inputs: tf.Tensor,
    state: list,
    masks: Sequence[tf.Tensor] = (),
) -> tuple:
    """Computes one time step of all layers.

    Args:
        layers: the layers, the one that reads the tokens first.
        weights: their `loop_weights`.
        inputs: the first layer's inputs, [batch, units], or if projected their product with its
            kernel, [batch, num_gates units].
        state: a list of the layers' states.
        masks: dropout masks of the layers' hidden states, [batch, units]; empty: no dropout.

    Returns:
        The last layer's hidden state [batch, units] times its mask, the list of states after the
        step, and a list of the tensors that the layers save for their gradients.
    """
    after, saved = [], []
    for number, (recurrent_kernel, *input_weights) in enumerate(weights):
        if input_weights:
            kernel, bias = input_weights
            inputs = float32_sums.bias_add(tf.matmul(inputs, kernel), bias)
        recurrent = tf.matmul(state[number][0], recurrent_kernel)
        new, kept = layers[number].activate(inputs, recurrent, state[number])
        inputs = new[0] * masks[number] if masks else new[0]
        after.append(new)
        saved.append(kept)
    return inputs, after, saved


def unroll(
    layers: list[RecurrentLayer],
    weights: list,
    tokens: tf.Tensor,
    table: tf.Tensor,
    state: list,
    masks: Sequence[tf.Tensor] = (),
    choose: Callable | None = None,
) -> tuple:
    """Reads tokens at all times.

    Args:
        layers: see `step`.
        weights: see `step`.
        tokens: int32 [time, batch].
        table: the `inputs` of `step` for each token, [any, units or num_gates units].
        state: see `step`.
        masks: as in `step`, of all times, [time, batch, units].
        choose: chooses the tokens that are read: a function of the time, int32 [], the tokens at
            that time, int32 [batch], and the last layer's outputs of the time before, [batch,
            units] (zeros at time 0), to int32 [batch]. No gradient flows through it. None:
            `tokens` are read.

    Returns:
        The last layer's hidden states [time, batch, units] without mask, and the list of states
        after the last time.
    """
    structure = (table, weights, state)

    @tf.custom_gradient
    def run(*arguments):
        table, weights, state = tf.nest.pack_sequence_as(structure, arguments)
        record, last = _forward(layers, weights, tokens, table, state, masks, choose)

        def gradient(d_outputs, *d_last):
            d_last = tf.nest.pack_sequence_as(state, d_last)
            states = tf.nest.map_structure(_from_first, state, record.states)
            d_products, d_state = _backward(
                layers, weights, states, record.saved, masks, d_outputs, d_last
            )
            d_weights = _d_weights(weights, table, record.tokens, states, masks, d_products)
            d_table = _d_table(weights, table, record, d_products)
            return tf.nest.flatten((d_table, d_weights, d_state))

        return (record.states[-1][0], *tf.nest.flatten(last)), gradient

    outputs, *last = run(*tf.nest.flatten(structure))
    return outputs, tf.nest.pack_sequence_as(state, last)


def _forward(layers, weights, tokens, table, state, masks, choose):
    """Computes the `_Record` of all times, and the states after the last.

    Each array is written at the times of the loop only: converters to ONNX know no others.
    """
    time, hidden = size(tokens, 0), state[-1][0]

    def arrays(number):
        return tuple(
            tf.TensorArray(hidden.dtype, time, element_shape=hidden.shape) for _ in range(number)
        )

    def body(t, state, outputs, record):
        token = tokens[t] if choose is None else choose(t, tokens[t], outputs)
        inputs = tf.gather(table, token)
        outputs, state, saved = step(layers, weights, inputs, state, [mask[t] for mask in masks])
        record = _Record(
            record.tokens.write(t, token),
            _write(record.states, t, state),
            _write(record.saved, t, saved),
        )
        return t + 1, state, outputs, record

    record = _Record(
        tf.TensorArray(tokens.dtype, time, element_shape=tokens.shape[1:]),
        [arrays(layer.num_states) for layer in layers],
        [arrays(layer.num_saved) for layer in layers],
    )
    start = tf.constant(0), state, tf.zeros_like(hidden), record
    _, last, _, record = tf.while_loop(lambda t, *_: t < time, body, start, maximum_iterations=time)
    # Tensors, since a SavedModel cannot hold a gradient that needs arrays.
    return tf.nest.map_structure(lambda array: array.stack(), record), last


def _from_first(first, states):
    """States of all times [time, batch, units] with the initial one before them."""
    return tf.concat([first[None], states], axis=0)


def _backward(layers, weights, states, saved, masks, d_outputs, d_state):
    """Gradients with respect to the layers' products at all times, and to the first state.

    Args:
        layers: see `step`.
        weights: see `step`.
        states: those of the `_Record`, with the initial one before them.
        saved: that of the `_Record`.
        masks: see `unroll`.
        d_outputs: the gradient with respect to the last layer's hidden states.
        d_state: the gradient with respect to the states after the last time.
    """
    time = size(d_outputs, 0)
    # Transposed once: products with a transposed matrix are slow.
    transposed = [[tf.transpose(matrix) for matrix in each[:2]] for each in weights]

    def body(t, d_state, arrays):
        d_output, d_before, d_products = d_outputs[t], [], []
        for number, layer in reversed(list(enumerate(layers))):
            d_hidden, *d_others = d_state[number]
            products, (direct, *d_others) = layer.gradient(
                [each[t] for each in saved[number]],
                [each[t] for each in states[number]],
                [each[t + 1] for each in states[number]],
                [d_hidden + d_output, *d_others],
            )
            d_hidden = tf.matmul(products[-1], transposed[number][0])
            d_hidden = d_hidden if direct is None else d_hidden + direct
            if number:
                d_output = tf.matmul(products[0], transposed[number][1])
                d_output = d_output * masks[number - 1][t] if masks else d_output
            d_before.insert(0, (d_hidden, *d_others))
            d_products.insert(0, products)
        return t - 1, d_before, _write(arrays, t, d_products)

    arrays = [
        [tf.TensorArray(d_outputs.dtype, time) for _ in range(layer.num_products)]
        for layer in layers
    ]
    start = time - 1, d_state, arrays
    _, d_state, arrays = tf.while_loop(lambda t, *_: t >= 0, body, start, maximum_iterations=time)
    return tf.nest.map_structure(lambda array: array.stack(), arrays), d_state


def _d_weights(weights, table, tokens, states, masks, d_products):
    """Gradients with respect to the weights; `states` as in `_backward`."""
    found, inputs = [], tf.gather(table, tokens)
    for number, ((_, *input_weights), products) in enumerate(zip(weights, d_products, strict=True)):
        hiddens = states[number][0]
        found.append([_d_kernel(hiddens[:-1], products[-1])])
        if input_weights:
            d_bias = float32_sums.bias_gradient(products[0])
            found[-1] += [_d_kernel(inputs, products[0]), d_bias]
        inputs = hiddens[1:] * masks[number] if masks else hiddens[1:]
    return found


def _d_kernel(inputs, d_product):
    """Gradient of a matrix, from its inputs and the gradient of the product."""
    inputs, d_product = (tf.reshape(each, [-1, each.shape[-1]]) for each in (inputs, d_product))
    return tf.matmul(inputs, d_product, transpose_a=True)


def _d_table(weights, table, record, d_products):
    """Gradient with respect to the table."""
    d_inputs, (_, *input_weights) = d_products[0][0], weights[0]
    if input_weights:
        d_inputs = tf.tensordot(d_inputs, tf.transpose(input_weights[0]), axes=1)
    return float32_sums.lookup_gradient(d_inputs, record.tokens, tf.shape(table)[0])


def _write(arrays, t, values):
    return tf.nest.map_structure(lambda array, value: array.write(t, value), arrays, values)
