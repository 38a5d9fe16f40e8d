"""Whether samples are as unlike one another as data are, as training can measure it."""

import tensorflow as tf

_MOST = 64  # examples, a batch's usual number: more would tell hardly more


def diversity(samples, real):
    """How far samples are from one another, as a multiple of how far data are.

        mean_i min_{j ≠ i} |x_i - x_j|  of the samples  /  the same of the data

    Args:
        samples: a batch of examples: float [batch, ...], or symbols int32 [batch, time], between
            which |x - y| is the share of times at which they differ; or a pair of those and
            labels, which do not count.
        real: the same of data, as many as there are samples. Of both the first 64 count.

    Returns:
        float32 []: about 1 where Q is P, 0 where each sample is there twice. 1 where the data tell
        nothing: where each of them is there twice, and where there is but one.
    """
    of_samples, of_real = _to_nearest(samples), _to_nearest(real)
    told = (of_real > 0) & tf.math.is_finite(of_real)
    return tf.where(told, of_samples / of_real, 1.0)


def _to_nearest(examples):
    """The mean distance to the nearest other one, among the first examples."""
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
