"""LSTM with fixed weights: a known distribution of sequences, to sample from and to score.

    i, f, o = σ(x Wi + h Ui + bi), σ(x Wf + h Uf + bf), σ(x Wog + h Uog + bog)
    c = f c + i tanh(x Wc + h Uc + bc);  h = o tanh(c);  logits = h Wo + bo

with x = emb[previous token], which is token 0 at the first position, and c = h = 0 there.

Source: L. Yu et al. (2017), arXiv 1609.05473, whose released code has this layout.
"""

import numpy as np
import tensorflow as tf

from zoo import randomness
from zoo.distributions.distribution import Distribution

_GATES = ("i", "f", "og", "c")
_BLOCK = 64  # tokens
_AT_ONCE = 1000  # sequences: 20 MB of logits for a vocabulary of 5,000


def shapes(vocabulary_size: int, inputs: int, units: int) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the weights."""
    of_gates = {}
    for gate in _GATES:
        of_gates |= {f"W{gate}": (inputs, units), f"U{gate}": (units, units), f"b{gate}": (units,)}
    output = {"Wo": (units, vocabulary_size), "bo": (vocabulary_size,)}
    return {"emb": (vocabulary_size, inputs)} | of_gates | output


class OracleLSTM(Distribution):
    """Distribution of sequences of any length, computed in float32.

    Everything runs on the CPU, so that the data do not depend on the accelerator, some of which
    multiply float32 matrices with a precision of only three digits.

    Args:
        arrays: the weights, with the names and shapes of `shapes`.
        length: of the sequences that `sample` draws.
    """

    def __init__(self, arrays: dict[str, np.ndarray], length: int):
        self._length = length

        def joined(*names):
            return tf.constant(np.concatenate([arrays[name] for name in names], -1), tf.float32)

        with tf.device("CPU"):
            self._embedding = joined("emb")
            self._kernel = joined(*(f"W{gate}" for gate in _GATES))
            self._recurrent_kernel = joined(*(f"U{gate}" for gate in _GATES))
            self._bias = joined(*(f"b{gate}" for gate in _GATES))
            # Tokens of probability 0 pad the last block.
            missing = -len(arrays["bo"]) % _BLOCK
            self._output = tf.pad(joined("Wo"), [[0, 0], [0, missing]])
            self._output_bias = tf.pad(joined("bo"), [[0, missing]], constant_values=-np.inf)

    def log_prob(self, examples: tf.Tensor) -> tf.Tensor:
        """Computes log P(x) in nats, float32 [batch], of tokens int32 [batch, length]."""

        def body(state, token):
            previous, hidden, cell, log_prob = state
            logits, hidden, cell = self._step(previous, hidden, cell)
            log_prob += tf.gather(tf.nn.log_softmax(logits), token, batch_dims=1)
            return token, hidden, cell, log_prob

        with tf.device("CPU"):
            batch_size = tf.shape(examples)[0]
            start = *self._start(batch_size), tf.zeros([batch_size])
            *_, log_prob = tf.scan(body, tf.transpose(examples), start)
        return log_prob[-1]

    def sample(self, count: int, key: tf.Tensor) -> np.ndarray:
        """Draws sequences, int32 [count, length], by a stateless random key, int64 [2]."""
        with tf.device("CPU"):
            noise = tf.random.stateless_uniform(
                [count, self._length, 2], key, dtype=tf.float64, alg=randomness.ALGORITHM
            )
            parts = range(0, count, _AT_ONCE)
            return np.concatenate([self._draw(noise[i : i + _AT_ONCE]) for i in parts])

    @tf.function(reduce_retracing=True)
    def _draw(self, noise):
        """Maps uniform noise [batch, length, 2] to sequences, int32 [batch, length]."""

        def body(state, uniform):
            logits, hidden, cell = self._step(*state)
            return draw(logits, uniform[:, 0], uniform[:, 1]), hidden, cell

        start = self._start(tf.shape(noise)[0])
        tokens, _, _ = tf.scan(body, tf.transpose(noise, [1, 0, 2]), start)
        return tf.transpose(tokens)

    def _start(self, batch_size):
        """The token read first, and a zero state."""
        zeros = tf.zeros([batch_size, self._recurrent_kernel.shape[0]])
        return tf.zeros([batch_size], tf.int32), zeros, zeros

    def _step(self, token, hidden, cell):
        inputs = tf.gather(self._embedding, token)
        gates = inputs @ self._kernel + hidden @ self._recurrent_kernel + self._bias
        i, f, o, candidate = tf.split(gates, len(_GATES), axis=-1)
        cell = tf.sigmoid(f) * cell + tf.sigmoid(i) * tf.tanh(candidate)
        hidden = tf.sigmoid(o) * tf.tanh(cell)
        return hidden @ self._output + self._output_bias, hidden, cell


def draw(logits: tf.Tensor, which_block: tf.Tensor, which_token: tf.Tensor) -> tf.Tensor:
    """Draws from softmax(logits): first a block of tokens, then a token in it.

    The slow cumulative sums are then needed only over the blocks and over one block.

    Args:
        logits: float32 [batch, a multiple of 64].
        which_block: uniform in [0, 1), float64 [batch].
        which_token: the same, independent of it.

    Returns:
        int32 [batch].
    """
    blocks = tf.reshape(tf.nn.softmax(logits), [-1, logits.shape[-1] // _BLOCK, _BLOCK])
    block = _choose(tf.reduce_sum(blocks, axis=-1), which_block)
    return block * _BLOCK + _choose(tf.gather(blocks, block, batch_dims=1), which_token)


def _choose(weights, uniform):
    """First index whose cumulative weight exceeds that share of the total, int32 [batch]."""
    # In float64 a number below 1 times the total is below the total: no index is out of range,
    # and none has weight zero.
    cumulative = tf.cumsum(tf.cast(weights, tf.float64), axis=-1)
    below = cumulative <= uniform[:, None] * cumulative[:, -1:]
    return tf.reduce_sum(tf.cast(below, tf.int32), axis=-1)
