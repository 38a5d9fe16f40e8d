"""The sizes of tensors."""

import tensorflow as tf


def size(values: tf.Tensor, axis: int):
    """Size of a tensor along an axis: a Python number where it is known, else int32 []."""
    known = values.shape[axis]
    return tf.shape(values)[axis] if known is None else known
