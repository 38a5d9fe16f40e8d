"""Data sets: a domain, and three splits whose batches are found by index.

The batch of step i is a function of (seed, i) alone: no iterator has a position to save.
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np
import tensorflow as tf

from zoo import randomness
from zoo.data.base.shuffle import shuffled
from zoo.domains import Domain


class _Rows:
    """Examples that are the rows of one array in memory, drawn in shuffled epochs.

    Attributes:
        values: an array [count, ...].
        labels: the class of each row, an integer array [count], or None.
        weights: the unnormalised probability of each row, float [count]; rows are then drawn
            independently by it. None: each row once per epoch.
        exact: True where the rows are the whole support of the distribution, False where they are
            a sample.
    """

    exact = False

    def __init__(self, values: np.ndarray, labels=None, weights=None):
        self.values, self.labels, self.weights = values, labels, weights

    def __len__(self):
        return len(self.values)

    def batch(
        self,
        step: int | tf.Tensor,
        batch_size: int,
        seed: int | tf.Tensor,
        rows: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Draws the training batch of one step, [batch_size, ...], or some rows of it."""
        return self.at(_taken(self.indices(step, batch_size, seed), rows))

    def labelled_batch(
        self,
        step: int | tf.Tensor,
        batch_size: int,
        seed: int | tf.Tensor,
        rows: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Draws the training batch of one step with its labels, int32 [batch_size], or rows."""
        labels = tf.gather(self._labels, _taken(self.indices(step, batch_size, seed), rows))
        return self.batch(step, batch_size, seed, rows), labels

    def indices(self, step: int | tf.Tensor, batch_size: int, seed: int | tf.Tensor) -> tf.Tensor:
        """Draws the row numbers of the batch of one step, int64 [batch_size]."""
        if self.weights is not None:
            return self._weighted_indices(step, batch_size, seed)
        position = tf.cast(step, tf.int64) * batch_size + tf.range(batch_size, dtype=tf.int64)
        epoch, offset = position // len(self), position % len(self)
        return shuffled(offset, epoch, len(self), randomness.key(seed, 0, "epoch"))

    def _weighted_indices(self, step, batch_size, seed):
        uniform = tf.random.stateless_uniform(
            [batch_size], randomness.key(seed, step, "example"), dtype=tf.float64, alg="philox"
        )
        return tf.searchsorted(self._cumulative, uniform, side="right", out_type=tf.int64)

    @functools.cached_property
    def _cumulative(self):
        sums = np.cumsum(self.weights, dtype=np.float64)
        return _tensor(sums / sums[-1])

    @functools.cached_property
    def _gather(self):
        return gatherer(self.values)

    @functools.cached_property
    def _labels(self):
        return _tensor(np.asarray(self.labels, np.int32))


class Images(_Rows):
    """Images, stored as uint8 [count, height, width, channels], given as float32 in [0, 1]."""

    def at(self, indices: tf.Tensor) -> tf.Tensor:
        """Gathers the images at some indices, float32 [..., height, width, channels]."""
        return tf.cast(self._gather(indices), tf.float32) / 255.0


class BinarisedImages(Images):
    """Images of 0 and 1, drawn anew at each step with the grey values as probabilities of 1."""

    def batch(
        self,
        step: int | tf.Tensor,
        batch_size: int,
        seed: int | tf.Tensor,
        rows: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Draws the training batch of one step, [batch_size, height, width, channels], or rows."""
        grey = super().at(_taken(self.indices(step, batch_size, seed), rows))
        key, shape = randomness.key(seed, step, "binarise"), [batch_size, *self.values.shape[1:]]
        uniform = tf.random.stateless_uniform(shape, key, alg=randomness.ALGORITHM)
        return tf.cast(_taken(uniform, rows) < grey, tf.float32)

    def at(self, indices: tf.Tensor) -> tf.Tensor:
        """Draws the images at some indices, with bits that are always the same."""
        uniform = randomness.rows(randomness.uniform, indices, "binarise", self.values.shape[1:])
        return tf.cast(uniform < super().at(indices), tf.float32)


class Sequences(_Rows):
    """Separate texts, int32 [count, length], each closed by the end token and padded with it."""

    def at(self, indices: tf.Tensor) -> tf.Tensor:
        """Gathers the texts at some indices, int32 [..., length]."""
        return self._gather(indices)


class Points(_Rows):
    """Points, float32 [count, dimension]."""

    def at(self, indices: tf.Tensor) -> tf.Tensor:
        """Gathers the points at some indices, float32 [..., dimension]."""
        return self._gather(indices)


class Support(Sequences):
    """The support of a distribution of texts, with their probabilities as weights."""

    exact = True


class ContiguousText:
    """A corpus of contiguous text, integers [count], of which training reads windows.

    Windows begin at places that are drawn uniformly and independently.

    Attributes:
        PIECE: the tokens of a piece; standard errors treat pieces as independent.
    """

    PIECE = 1000
    exact, labels, weights = False, None, None

    def __init__(self, values: np.ndarray, length: int):
        self.values, self.length = values, length

    def __len__(self):
        return len(self.values)

    def batch(
        self,
        step: int | tf.Tensor,
        batch_size: int,
        seed: int | tf.Tensor,
        rows: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Draws the training batch of one step, int32 [batch_size, length], or some rows of it."""
        places = tf.random.stateless_uniform(
            [batch_size],
            randomness.key(seed, step, "example"),
            maxval=len(self) - self.length + 1,
            dtype=tf.int64,
            alg="philox",
        )
        window = _taken(places, rows)[:, None] + tf.range(self.length, dtype=tf.int64)
        return tf.cast(self._gather(window), tf.int32)

    def separate_windows(self, count: int, seed: int) -> np.ndarray:
        """Draws at most `count` windows that do not overlap, int32 [count or fewer, length]."""
        starts = self._separate_starts(count, seed)
        return self.values[starts[:, None] + np.arange(self.length)].astype(np.int32)

    def pieces(self, count: int, seed: int) -> np.ndarray:
        """Numbers the pieces in which the `separate_windows` begin, [count]."""
        return self._separate_starts(count, seed) // self.PIECE

    def _separate_starts(self, count, seed):
        order = np.random.default_rng(seed).permutation(len(self) // self.length)
        return order[:count] * self.length

    @functools.cached_property
    def _gather(self):
        return gatherer(self.values)


def gatherer(values: np.ndarray) -> Callable[[tf.Tensor], tf.Tensor]:
    """A function that gathers rows of an array at indices [...].

    An array that is mapped from a file stays there, and only the rows are read; any other becomes
    a tensor.
    """
    if not isinstance(values, np.memmap):
        table = _tensor(values)
        return lambda indices: tf.gather(table, indices)

    def gather(indices):
        indices = tf.convert_to_tensor(indices)
        rows = tf.numpy_function(values.__getitem__, [indices], values.dtype, stateful=False)
        return tf.ensure_shape(rows, indices.shape.concatenate(values.shape[1:]))

    return gather


def _taken(values, rows):
    """The rows of a batch, all if `rows` is None."""
    return values if rows is None else tf.gather(values, rows)


def _tensor(values):
    """Makes an eager tensor, to which a graph refers instead of holding a copy."""
    with tf.init_scope(), tf.device("CPU"):
        return tf.constant(values)


Split = Images | Sequences | Points | ContiguousText
D = TypeVar("D", bound=Domain)


@dataclasses.dataclass(frozen=True)
class Dataset(Generic[D]):
    """A domain and three splits, e.g. `Dataset[Image]`.

    Attributes:
        domain: what one example is.
        train: the split that models and vocabularies are fitted to.
        validation: the split that choices are made by.
        test: the split that results are reported on.
        log_prob: computes log P(x) in nats, floating point [batch], of texts int32 [batch,
            length], -inf outside the support, or the log-density of points, where P is known;
            None: P is not known.
        notes: sentences about what of the source is not in the examples, printed before training.
    """

    domain: D
    train: Split
    validation: Split
    test: Split
    log_prob: Callable[[tf.Tensor], tf.Tensor] | None = None
    notes: tuple[str, ...] = ()

    def split(self, name: str) -> Split:
        """Returns the split of this name."""
        return {"train": self.train, "validation": self.validation, "test": self.test}[name]


def batches(
    split: Split,
    batch_size: int,
    seed: int,
    start: int,
    stop: int,
    labelled: bool = False,
    share: Callable[[tf.Tensor], tf.Tensor] | None = None,
    shares: int = 1,
) -> tf.data.Dataset:
    """Makes a pipeline of the training batches of steps `start` to `stop` - 1.

    Args:
        split: the split that the examples are drawn from.
        batch_size: examples a batch.
        seed: the run's seed.
        start: the first step.
        stop: the step after the last one.
        labelled: whether the examples come with labels.
        share: the rows of a batch that one of its shares has, int64, a function of the number of
            the share, int64 []; None: a batch is a single share of all rows.
        shares: the number of shares, which come one after another.

    Returns:
        A `tf.data.Dataset` of `stop - start` times `shares` tuples, each the parts of a
        `zoo.batch.Batch` that there are: a distributed data set cannot hold None.
    """

    def batch(number):
        rows = None if share is None else share(number % shares)
        step = number // shares
        if labelled:
            return split.labelled_batch(step, batch_size, seed, rows)
        return (split.batch(step, batch_size, seed, rows),)

    numbers = tf.data.Dataset.range(start * shares, stop * shares)
    return numbers.map(batch, tf.data.AUTOTUNE).prefetch(2 * shares)
