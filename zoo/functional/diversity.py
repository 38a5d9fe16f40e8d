"""A within-batch diversity ratio, to spot mode collapse during training."""

import tensorflow as tf

from zoo.batch import Batch

_MOST = 64  # examples, the usual batch size: more change the ratio little


def diversity(samples: Batch, real: Batch) -> tf.Tensor:
    """Mean distance of samples to their nearest neighbours, relative to that of data.

        mean_i min_{j ≠ i} |x_i - x_j|  of the samples  /  the same of the data

    Args:
        samples: images or points, or tokens, between which |x - y| is the share of positions at
            which they differ; labels are ignored.
        real: as many real examples. The first 64 of both are compared.

    Returns:
        float32 []: about 1 where Q is P, 0 where every sample is a duplicate. 1 where the ratio is
        undefined: where every real example is a duplicate, or there is only one.
    """
    of_samples, of_real = _to_nearest(samples.values), _to_nearest(real.values)
    defined = (of_real > 0) & tf.math.is_finite(of_real)
    return tf.where(defined, of_samples / of_real, 1.0)


def _to_nearest(values):
    """Mean distance to the nearest neighbour, among the first examples."""
    values = values[:_MOST]
    values = tf.reshape(values, [tf.shape(values)[0], -1])

    def distance(one):
        if values.dtype.is_floating:
            return tf.norm(values - one, axis=-1)
        return tf.reduce_mean(tf.cast(values != one, tf.float32), axis=-1)

    # Row by row, since all differences of large images at once would not fit in memory.
    distances = tf.map_fn(distance, values, fn_output_signature=tf.float32)
    itself = tf.eye(tf.shape(values)[0], dtype=tf.bool)
    return tf.reduce_mean(tf.reduce_min(tf.where(itself, float("inf"), distances), axis=-1))
