"""Greedy decoding, which takes the most likely token."""

from collections.abc import Callable

import tensorflow as tf


def build() -> Callable:
    """Greedy decoding: only the most likely token stays, the first of equals."""
    return keep_most_likely


def keep_most_likely(logits: tf.Tensor):
    """Keeps the most likely token: 0 where logits [batch, size] are largest, -inf elsewhere."""
    best = tf.argmax(logits, axis=-1)
    return tf.one_hot(best, tf.shape(logits)[-1], on_value=0.0, off_value=-float("inf"))
