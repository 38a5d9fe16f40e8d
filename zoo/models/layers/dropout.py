"""Stateless dropout masks."""

import tensorflow as tf

from zoo import randomness


def dropout_masks(
    shape: list, dropout: float, count: int, key: tf.Tensor | None, dtype: tf.DType
) -> list:
    """Draws masks whose entries are 0 with probability `dropout`, and else 1 / (1 - dropout).

    Args:
        shape: the shape of each mask.
        dropout: the dropout rate, in [0, 1).
        count: the number of masks.
        key: a stateless random key, int64 [2], or None.
        dtype: the dtype of the masks.

    Returns:
        A list of tensors; empty without a key or dropout.

    Source: N. Srivastava et al. (2014), "Dropout: A simple way to prevent neural networks from
    overfitting".
    """
    if key is None or dropout == 0:
        return []
    ones = tf.ones(shape, dtype)
    return [
        tf.nn.experimental.stateless_dropout(
            ones, dropout, randomness.fold(key, number), rng_alg=randomness.ALGORITHM
        )
        for number in range(count)
    ]
