"""Every random draw of the zoo derives from a seed by stateless keys.

A key is a function of (seed, step, purpose) alone, so that a run can be killed and
resumed, and a row of a served batch answers alike in any company.
"""

import zlib

import tensorflow as tf

ALGORITHM = "philox"  # pinned: "auto_select" differs between devices


def key(seed, step, purpose: str):
    """The key of one purpose at one step.

    Args:
        seed: the run's seed, an integer or an integer tensor [].
        step: the training step, an integer or an integer tensor [].
        purpose: a word that sets this draw apart from all others of the step.

    Returns:
        An int64 tensor [2], the `seed` of TensorFlow's stateless operations.
    """
    return fold(tf.stack([tf.cast(seed, tf.int64), _salt(purpose)]), step)


def fold(key, number):
    """A new key, int64 [2], from a key and an integer."""
    return tf.random.experimental.stateless_fold_in(key, tf.cast(number, tf.int64), alg=ALGORITHM)


def rows(draw, seeds, purpose: str, shape, dtype=tf.float32):
    """Draws for every row from its own seed, whatever rows stand beside it.

    Args:
        draw: a stateless operation, such as `tf.random.stateless_normal`.
        seeds: int64 [batch].
        purpose: as in `key`.
        shape: the shape of one row's draw.
        dtype: the type of the draw.

    Returns:
        A tensor [batch, *shape] of `dtype`.
    """

    def one_row(seed):
        return draw(shape, seed=tf.stack([seed, _salt(purpose)]), dtype=dtype, alg=ALGORITHM)

    return tf.map_fn(one_row, tf.cast(seeds, tf.int64), fn_output_signature=dtype)


def _salt(purpose):
    return tf.constant(zlib.crc32(purpose.encode()), tf.int64)
