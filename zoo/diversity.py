"""Whether samples are as unlike one another as data are, as training can measure it."""

import tensorflow as tf

_MOST = 64  # examples, whose distances to one another fit in memory


def diversity(samples, real):
    """How far samples are from one another, as a multiple of how far data are.

        mean_i min_{j ≠ i} |x_i - x_j|  of the samples  /  the same of the data

    Args:
        samples: a batch of at least two examples: float [batch, ...], or symbols int32
            [batch, time], between which |x - y| is the share of times at which they differ; or a
            pair of those and labels, which do not count.
        real: the same of data, as many as there are samples. Of both the first 64 count.

    Returns:
        float32 []: about 1 where Q is P, 0 where each sample is there twice. 1 where each of the
        data is.
    """
    of_samples, of_real = _to_nearest(samples), _to_nearest(real)
    return tf.where(of_real > 0, of_samples / of_real, 1.0)


def _to_nearest(examples):
    """The mean distance to the nearest other one, among the first examples."""
    values = tf.nest.flatten(examples)[0][:_MOST]
    values = tf.reshape(values, [tf.shape(values)[0], -1])
    apart = values[:, None] - values[None]
    if values.dtype.is_floating:
        distances = tf.norm(apart, axis=-1)
    else:
        distances = tf.reduce_mean(tf.cast(apart != 0, tf.float32), axis=-1)
    itself = tf.eye(tf.shape(values)[0], dtype=tf.bool)
    return tf.reduce_mean(tf.reduce_min(tf.where(itself, float("inf"), distances), axis=-1))
