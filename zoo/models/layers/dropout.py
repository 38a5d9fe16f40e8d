"""Stateless dropout."""

from collections.abc import Sequence

import tensorflow as tf

from zoo import randomness, replicas


def dropout_masks(
    shape: list,
    dropout: float,
    count: int,
    key: tf.Tensor | None,
    dtype: tf.DType,
    batch_axis: int = 1,
) -> list:
    """Draws masks whose entries are 0 with probability `dropout`, and else 1 / (1 - dropout).

    Args:
        shape: the shape of each mask.
        dropout: the dropout rate, in [0, 1).
        count: the number of masks.
        key: a stateless random key, int64 [2], or None.
        dtype: the dtype of the masks.
        batch_axis: the axis of the shape that counts examples.

    Returns:
        A list of tensors; empty without a key or dropout.

    Source: N. Srivastava et al. (2014), "Dropout: A simple way to prevent neural networks from
    overfitting".
    """
    if key is None or dropout == 0:
        return []
    return [
        _mask(shape, dropout, randomness.fold(key, number), dtype, batch_axis)
        for number in range(count)
    ]


def drop(
    inputs: tf.Tensor,
    dropout: float,
    key: tf.Tensor,
    noise_shape: Sequence[int | tf.Tensor] | None = None,
    batch_axis: int = 0,
) -> tf.Tensor:
    """Applies dropout to inputs.

    Args:
        inputs: floating point, of any shape.
        dropout: the dropout rate, above 0 and below 1.
        key: a stateless random key, int64 [2].
        noise_shape: the shape of the mask, 1 along the axes on which it is the same; None: that of
            the inputs.
        batch_axis: the axis that counts examples.

    Returns:
        The same shape and type.
    """
    if replicas.count() == 1:
        return tf.nn.experimental.stateless_dropout(
            inputs, dropout, key, randomness.ALGORITHM, noise_shape=noise_shape
        )
    shape = tf.unstack(tf.shape(inputs)) if noise_shape is None else noise_shape
    return inputs * _mask(shape, dropout, key, inputs.dtype, batch_axis)


def _mask(shape, dropout, key, dtype, batch_axis):
    def draw(rows):
        every = [*shape[:batch_axis], rows, *shape[batch_axis + 1 :]]
        ones = tf.ones(every, dtype)
        return tf.nn.experimental.stateless_dropout(
            ones, dropout, key, rng_alg=randomness.ALGORITHM
        )

    return replicas.own_rows(draw, shape[batch_axis], batch_axis)
