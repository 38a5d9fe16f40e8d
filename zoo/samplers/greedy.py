"""Takes the most likely symbol."""

import tensorflow as tf


def build():
    """The sampler that leaves only the most likely symbol, the first of equals."""
    return keep_most_likely


def keep_most_likely(logits):
    """0 where logits [batch, size] are largest, -inf elsewhere."""
    best = tf.argmax(logits, axis=-1)
    return tf.one_hot(best, tf.shape(logits)[-1], on_value=0.0, off_value=-float("inf"))
