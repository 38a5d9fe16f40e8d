"""Labels of served class-conditional models, and errors row by row."""

import tensorflow as tf


def read(inputs: dict, num_classes: int):
    """Reads and checks the labels of the rows.

    Args:
        inputs: of a signature; its `label` is int64 [batch], if the model takes one.
        num_classes: the number of classes.

    Returns:
        Labels in range, int32 [batch], or None where the model takes none; and an error for each
        row, "" where there is none.
    """
    first = next(iter(inputs.values()))
    error = tf.fill(tf.shape(first)[:1], "")
    if "label" not in inputs:
        return None, error
    label = inputs["label"]
    possible = (label >= 0) & (label < num_classes)
    error = tf.where(possible, error, f"label should be from 0 to {num_classes - 1}.")
    return tf.cast(tf.where(possible, label, 0), tf.int32), error


def answer(error, **outputs) -> dict:
    """The outputs, empty or 0 in rows that have an error, and the error."""
    answered = {}
    for name, rows in outputs.items():
        good = tf.reshape(error == "", [-1] + [1] * (len(rows.shape) - 1))
        answered[name] = tf.where(good, rows, tf.zeros_like(rows))
    return answered | {"error": error}
