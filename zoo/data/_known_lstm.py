"""An LSTM with given weights whose sequences can be drawn, and their probabilities computed.

    i, f, o = σ(x Wi + h Ui + bi), σ(x Wf + h Uf + bf), σ(x Wog + h Uog + bog)
    c = f c + i tanh(x Wc + h Uc + bc);  h = o tanh(c);  logits = h Wo + bo

with x = emb[previous symbol], which is symbol 0 before the first one, and c = h = 0 there.

Source: L. Yu et al. (2017), arXiv 1609.05473, whose released code has this layout.
"""

import math

import numpy as np
import tensorflow as tf

_GATES = ("i", "f", "og", "c")
_AT_ONCE = 1000  # sequences: 20 MB of logits for a vocabulary of 5,000


def shapes(vocabulary_size: int, inputs: int, units: int) -> dict[str, tuple[int, ...]]:
    """The arrays that the weights consist of, and their shapes."""
    of_gates = {}
    for gate in _GATES:
        of_gates |= {f"W{gate}": (inputs, units), f"U{gate}": (units, units), f"b{gate}": (units,)}
    output = {"Wo": (units, vocabulary_size), "bo": (vocabulary_size,)}
    return {"emb": (vocabulary_size, inputs)} | of_gates | output


class KnownLSTM:
    """The distribution of sequences of any length.

    Args:
        arrays: the weights, floating point, of the names and shapes that `shapes` tells.
        dtype: what is computed in.
    """

    def __init__(self, arrays: dict[str, np.ndarray], dtype: tf.DType):
        def weight(*names):
            joined = np.concatenate([arrays[name] for name in names], axis=-1)
            return tf.constant(joined, dtype)

        self._embedding = weight("emb")
        self._kernel = weight(*(f"W{gate}" for gate in _GATES))
        self._recurrent_kernel = weight(*(f"U{gate}" for gate in _GATES))
        self._bias = weight(*(f"b{gate}" for gate in _GATES))
        self._output, self._output_bias = weight("Wo"), weight("bo")

    def log_prob(self, tokens):
        """log P(x) in nats, [batch], of tokens int32 [batch, length]."""

        def body(state, token):
            previous, hidden, cell, log_prob = state
            logits, hidden, cell = self._step(previous, hidden, cell)
            nats = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=token, logits=logits)
            return token, hidden, cell, log_prob - nats

        *start, hidden = self._start(tf.shape(tokens)[0])
        *_, log_prob = tf.scan(body, tf.transpose(tokens), (*start, hidden, hidden[:, 0]))
        return log_prob[-1]

    def draw(self, count: int, length: int, key) -> np.ndarray:
        """Draws sequences, int32 [count, length].

        Args:
            count: how many.
            length: of each.
            key: a stateless random key, int64 [2].
        """
        # The CPU's arithmetic, so that the data do not depend on there being an accelerator.
        with tf.device("CPU"):
            noise = tf.random.stateless_uniform([count, length, 2], key, dtype=tf.float64,
                                                alg="philox")
            parts = range(0, count, _AT_ONCE)
            return np.concatenate([self._draw(noise[i : i + _AT_ONCE]) for i in parts])

    @tf.function(reduce_retracing=True)
    def _draw(self, noise):
        """The sequences, int32 [batch, length], that uniform noise [batch, length, 2] makes."""

        def body(state, uniform):
            logits, hidden, cell = self._step(*state)
            return draw(logits, uniform[:, 0], uniform[:, 1]), hidden, cell

        tokens, _, _ = tf.scan(body, tf.transpose(noise, [1, 0, 2]), self._start(len(noise)))
        return tf.transpose(tokens)

    def _start(self, batch_size):
        """The first input and a zero state."""
        zeros = tf.zeros([batch_size, self._recurrent_kernel.shape[0]], self._bias.dtype)
        return tf.zeros([batch_size], tf.int32), zeros, zeros

    def _step(self, token, hidden, cell):
        inputs = tf.gather(self._embedding, token)
        gates = inputs @ self._kernel + hidden @ self._recurrent_kernel + self._bias
        i, f, o, candidate = tf.split(gates, len(_GATES), axis=-1)
        cell = tf.sigmoid(f) * cell + tf.sigmoid(i) * tf.tanh(candidate)
        hidden = tf.sigmoid(o) * tf.tanh(cell)
        return hidden @ self._output + self._output_bias, hidden, cell


def draw(logits, which_block, which_symbol):
    """Draws from softmax(logits): first a block of √size symbols, then a symbol in it.

    Cumulative sums, which are slow, are then taken of the blocks and of one block only.

    Args:
        logits: [batch, size].
        which_block: uniform in [0, 1), float64 [batch].
        which_symbol: the same, independent of it.

    Returns:
        int32 [batch].
    """
    size = logits.shape[-1]
    block = math.ceil(math.sqrt(size))
    weights = tf.exp(logits - tf.reduce_max(logits, axis=-1, keepdims=True))
    padded = tf.pad(weights, [[0, 0], [0, -size % block]])
    blocks = tf.reshape(padded, [-1, (size + -size % block) // block, block])
    chosen = _choose(tf.reduce_sum(blocks, axis=-1), which_block)
    return chosen * block + _choose(tf.gather(blocks, chosen, batch_dims=1), which_symbol)


def _choose(weights, uniform):
    """The first index whose cumulative weight exceeds that share of all, int32 [batch]."""
    # In float64 a number below 1 times the whole is below the whole: no index is out of range,
    # and none has weight zero.
    cumulative = tf.cumsum(tf.cast(weights, tf.float64), axis=-1)
    below = cumulative <= uniform[:, None] * cumulative[:, -1:]
    return tf.reduce_sum(tf.cast(below, tf.int32), axis=-1)
