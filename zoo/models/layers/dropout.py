"""What training multiplies activations by."""

import tensorflow as tf

from zoo import randomness


def dropout_masks(shape, dropout: float, count: int, key, dtype) -> list:
    """Tensors whose numbers are 0 with probability `dropout`, and else 1 / (1 - dropout).

    Args:
        shape: of each of them.
        dropout: in [0, 1).
        count: how many.
        key: a stateless random key, int64 [2], or None.
        dtype: of the tensors.

    Returns:
        A list; empty without a key or dropout.

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
