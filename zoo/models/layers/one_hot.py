"""One-hot vectors."""

import tensorflow as tf


def one_hot(labels: tf.Tensor, num_classes: int, dtype: tf.DType):
    """`tf.one_hot` as a comparison, since TensorFlow.js answers that wrongly in WebAssembly.

    Args:
        labels: integers [batch]; those outside of [0, num_classes) have a vector of zeros.
        num_classes: the number of classes.
        dtype: the dtype of the result.

    Returns:
        0 and 1, [batch, num_classes].
    """
    labels = tf.convert_to_tensor(labels)
    return tf.cast(tf.range(num_classes, dtype=labels.dtype) == labels[:, None], dtype)
