"""A batch of examples, with labels where the data come with them."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import tensorflow as tf


class Batch(NamedTuple):
    """Examples and their labels.

    It unpacks into what takes values and labels: `discriminator(*batch)`.

    Attributes:
        values: images float32 [batch, height, width, channels] in [0, 1], tokens int32
            [batch, time], or points float32 [batch, dimension].
        labels: the classes, int32 [batch]; None: the data come without labels.
    """

    values: Any
    labels: Any = None

    @property
    def size(self):
        """The number of examples, an int32 tensor []."""
        return tf.shape(self.values)[0]

    def map(self, function: Callable) -> "Batch":
        """The batch with `function` applied to the values, and to the labels if there are any."""
        return Batch(*(None if part is None else function(part) for part in self))

    def split(self, count: int) -> list["Batch"]:
        """The batch in `count` equal parts."""
        values = tf.split(self.values, count)
        labels = [None] * count if self.labels is None else tf.split(self.labels, count)
        return [Batch(*pair) for pair in zip(values, labels, strict=True)]


def concatenate(batches: Sequence[Batch]) -> Batch:
    """Joins batches, which all have labels or all have none, along the first axis."""
    values, labels = zip(*batches, strict=True)
    return Batch(
        tf.concat(values, axis=0), None if labels[0] is None else tf.concat(labels, axis=0)
    )
