"""Categorical draws from uniform numbers."""

import math

import tensorflow as tf

_BELOW_ONE = 1 - 2.0**-23
_MANY = 1024  # tokens, from which on tf.nn.softmax is the faster exponential


def draw(logits: tf.Tensor, uniform: tf.Tensor):
    """Draws from softmax(logits) by inverting its distribution function.

    The tokens stand in √size blocks of √size: first the block is found, then the token in it.
    Cumulative sums, which are slow, are so taken of the blocks and of one block only.

    Args:
        logits: float32 [..., size]; -inf excludes a token.
        uniform: float32 [...] in [0, 1).

    Returns:
        int32 [...]: the first token whose cumulative probability exceeds `uniform`.
    """
    size = logits.shape[-1]
    weights, width = tf.reshape(_weights(logits, size), [-1, size]), _width(size)
    if size % width:
        weights = tf.pad(weights, [[0, 0], [0, -size % width]])
    blocks = tf.reshape(weights, [-1, -(-size // width), width])
    up_to = tf.cumsum(tf.reduce_sum(blocks, axis=-1), axis=-1)
    threshold = tf.reshape(uniform, [-1]) * up_to[:, -1]
    block = tf.minimum(_first_above(up_to, threshold), blocks.shape[1] - 1)
    before = tf.gather(tf.pad(up_to, [[0, 0], [1, 0]]), block, batch_dims=1)
    within = tf.cumsum(tf.gather(blocks, block, batch_dims=1), axis=-1)
    # Rounding must not lead beyond the last token of the block that has a probability.
    rest = tf.minimum(threshold - before, _BELOW_ONE * within[:, -1])
    drawn = block * width + _first_above(within, rest)
    # Nothing is above NaN: some token is drawn then.
    return tf.reshape(tf.minimum(drawn, size - 1), tf.shape(uniform))


def _weights(logits, size):
    """Probabilities up to a factor, which is 1 where that costs nothing."""
    if size >= _MANY:
        return tf.nn.softmax(logits)
    # tf.nn.softmax wakes threads up for a small matrix, too.
    return tf.exp(logits - tf.reduce_max(logits, axis=-1, keepdims=True))


def _width(size):
    """About √size; a divisor if there is one, since the blocks then need no padding."""
    root = math.isqrt(size - 1) + 1
    return next((width for width in range(root, 2 * root) if size % width == 0), root)


def _first_above(sorted_rows, values):
    found = tf.searchsorted(sorted_rows, values[:, None], side="right")
    return tf.squeeze(found, axis=-1)
