"""Labels of served class-conditional models, and errors row by row."""

import tensorflow as tf


def read(
    inputs: dict[str, tf.Tensor], num_classes: int
) -> tuple[tf.Tensor | None, dict[str, tf.Tensor]]:
    """Reads and checks the labels of the rows.

    Args:
        inputs: of a signature; its `label` is int64 [batch], if the model takes one.
        num_classes: the number of classes.

    Returns:
        Labels in range, int32 [batch], or None where the model takes none; and which rows are
        wrong, bool [batch], by the sentence that says why.
    """
    if "label" not in inputs:
        return None, {}
    label = inputs["label"]
    possible = (label >= 0) & (label < num_classes)
    wrong = {f"label should be from 0 to {num_classes - 1}.": ~possible}
    return tf.cast(tf.where(possible, label, 0), tf.int32), wrong


def answer(wrong: dict[str, tf.Tensor], **outputs: tf.Tensor) -> dict[str, tf.Tensor]:
    """Adds the rows' errors to the outputs, which are empty or 0 in rows that have one.

    No number depends on a string: runtimes without strings can leave the errors out.

    Args:
        wrong: see `read`; of several errors of a row, the last one is answered.
        outputs: tensors [batch, ...].

    Returns:
        The outputs, and `error`, strings [batch], "" where there is none.
    """
    first = next(iter(outputs.values()))
    error, good = tf.fill(tf.shape(first)[:1], ""), tf.fill(tf.shape(first)[:1], True)
    for sentence, rows in wrong.items():
        error, good = tf.where(rows, sentence, error), good & ~rows
    answered = {}
    for name, rows in outputs.items():
        of_row = tf.reshape(good, [-1] + [1] * (len(rows.shape) - 1))
        answered[name] = tf.where(of_row, rows, tf.zeros_like(rows))
    return answered | {"error": error}
