"""Replica arithmetic: a step that N replicas share is the step that one would take.

A global batch of rows is cut into N equal shares, one for each replica of the distribution
strategy. What a step computes row by row needs nothing from here. This module has the rest: the
row numbers of a share, draws of a replica's own rows, means and sums over all replicas, and the
descent along the mean gradient. With one replica every function does nothing.

`mean`, `total` and `gather` are differentiable. Each replica differentiates its own loss, and the
mean of these gradients is the gradient of the mean of the losses: the gradients of the three add
up what all replicas' losses owe to a share.
"""

import contextlib
import threading
import typing
from collections.abc import Callable, Iterator

import keras
import tensorflow as tf

from zoo.errors import require


class _Local(threading.local):
    """State of a thread: a strategy traces each replica in one of its own."""

    sizes: tuple[int, ...] | None = None  # see `joined`


_local = _Local()


def count() -> int:
    """The number of replicas of the strategy in whose scope or step this is called."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def share(number: int) -> int:
    """The share of `number` rows that one replica has, at least 1."""
    return max(1, number // count())


def require_equal_shares(counts: dict[str, int]) -> None:
    """Raises SpecError unless each count per step is a multiple of the number of replicas.

    Args:
        counts: counts per step, by their names in the message.
    """
    replicas = count()
    for name, number in counts.items():
        require(
            number % replicas == 0,
            f"{name}: {number} a step cannot be shared by {replicas} replicas. Give a multiple of "
            f"{replicas}, or --strategy=cpu.",
        )


def rows_of_batch(
    batch_size: int, updates: int, replica: int | tf.Tensor, replicas: int
) -> tf.Tensor:
    """The rows of a step's global batch that a replica reads.

    The batch is split among the updates of the step, and each part among the replicas.

    Args:
        batch_size: rows of all updates and replicas.
        updates: the number of updates that read a part of the batch each.
        replica: the number of the replica, from 0 up.
        replicas: the number of replicas.

    Returns:
        int64 [batch_size / replicas].
    """
    own = batch_size // updates // replicas
    parts = tf.range(updates, dtype=tf.int64)[:, None] * (own * replicas)
    first = tf.cast(replica, tf.int64) * own
    return tf.reshape(parts + first + tf.range(own, dtype=tf.int64), [-1])


@contextlib.contextmanager
def joined(*sizes: int) -> Iterator[None]:
    """Tells `own_rows` that a replica's rows are shares of several batches, one after another.

    Args:
        sizes: the rows of each share, which are as many on every replica.
    """
    before, _local.sizes = _local.sizes, sizes
    try:
        yield
    finally:
        _local.sizes = before


def own_rows(draw: Callable, num_rows: int | tf.Tensor, axis: int = 0) -> tf.Tensor:
    """Draws random numbers for the global batch, and keeps those of this replica's rows.

    Every replica draws for all rows, so that a row has the numbers that it would have on one
    device, whatever generator drew them.

    Args:
        draw: a function from a number of rows to a tensor with as many of them.
        num_rows: the rows of this replica.
        axis: the axis of the rows.

    Returns:
        The replica's rows of the tensor.
    """
    replicas = count()
    if replicas == 1:
        return draw(num_rows)
    whole, first, own = draw(num_rows * replicas), 0, []
    for size in _local.sizes or (num_rows,):
        begin = [0] * whole.shape.rank
        begin[axis] = first + size * _number()
        extent = [-1] * whole.shape.rank
        extent[axis] = size
        own.append(tf.slice(whole, begin, extent))
        first += size * replicas
    return tf.concat(own, axis)


def mean(values: typing.Any) -> typing.Any:
    """The mean over replicas of a tensor, or of each tensor of a nest."""
    if count() == 1:
        return values
    return _context().all_reduce(tf.distribute.ReduceOp.MEAN, values)


def total(values: tf.Tensor) -> tf.Tensor:
    """The sum over replicas."""
    return values if count() == 1 else _context().all_reduce(tf.distribute.ReduceOp.SUM, values)


def gather(values: tf.Tensor) -> tf.Tensor:
    """The rows of all replicas, in the order of the global batch."""
    if count() == 1:
        return values
    # A copy, since workers gather what is on a device only, and a batch that is read is on none.
    return _context().all_gather(tf.identity(values), axis=0)


def descend(
    optimizer: keras.Optimizer, loss: tf.Tensor, tape: tf.GradientTape, variables: list
) -> None:
    """Updates variables by the gradient of the mean of all replicas' losses.

    Keras adds up the gradients of all replicas, and clips those of each before: so each replica
    hands over its share of the mean, once it is known where it is to be clipped, and an
    optimizer's limit has to be the limit divided by their number.
    """
    gradients = [tf.convert_to_tensor(g) for g in tape.gradient(loss, variables)]
    if count() > 1:
        if optimizer.global_clipnorm is not None:
            gradients = mean(gradients)
        gradients = [gradient / count() for gradient in gradients]
    optimizer.apply(gradients, variables)


def logs(figures: dict) -> dict:
    """The means over replicas of a step's figures, as Keras reduces them once more.

    With several workers Keras takes a mean along the first axis, so that a figure needs one.
    """
    if count() == 1:
        return figures
    # Of one type, in which a strategy reduces them together.
    figures = mean({name: tf.cast(value, tf.float32) for name, value in figures.items()})
    if not isinstance(tf.distribute.get_strategy(), tf.distribute.MultiWorkerMirroredStrategy):
        return figures
    return {name: tf.reshape(value, [1]) for name, value in figures.items()}


def _context():
    return tf.distribute.get_replica_context()


def _number():
    return _context().replica_id_in_sync_group
