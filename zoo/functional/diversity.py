"""Within-batch diversity ratio, to spot mode collapse during training."""

from typing import Any

import tensorflow as tf

_MOST = 64  # examples, the usual batch size: more would hardly change the ratio


def diversity(samples: Any, real: Any) -> tf.Tensor:
    """Computes the mean nearest-neighbour distance of samples over that of data.

        mean_i min_{j ≠ i} |x_i - x_j|  of the samples  /  the same of the data

    Args:
        samples: a batch of examples: float [batch, ...], or tokens int32 [batch, time], with |x -
            y| the share of positions at which they differ; or a pair of those and labels, which are
            ignored.
        real: as many examples of the data, in the same format. Only the first 64 of both are used.

    Returns:
        float32 []: about 1 if Q is P, 0 if every sample occurs twice. 1 if the data have no
        diversity: every example occurs twice, or there is only one.
    """
    of_samples, of_real = _to_nearest(samples), _to_nearest(real)
    defined = (of_real > 0) & tf.math.is_finite(of_real)
    return tf.where(defined, of_samples / of_real, 1.0)


def _to_nearest(examples):
    """Mean distance to the nearest other example, among the first examples."""
    values = tf.nest.flatten(examples)[0][:_MOST]
    values = tf.reshape(values, [tf.shape(values)[0], -1])

    def distance(one):
        if values.dtype.is_floating:
            return tf.norm(values - one, axis=-1)
        return tf.reduce_mean(tf.cast(values != one, tf.float32), axis=-1)

    # Row by row, since all differences of large images at once would not fit in memory.
    distances = tf.map_fn(distance, values, fn_output_signature=tf.float32)
    itself = tf.eye(tf.shape(values)[0], dtype=tf.bool)
    return tf.reduce_mean(tf.reduce_min(tf.where(itself, float("inf"), distances), axis=-1))
