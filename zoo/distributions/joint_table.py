"""Pairs of tokens with a joint table of probabilities."""

import numpy as np
import tensorflow as tf

from zoo import randomness
from zoo.distributions.distribution import Distribution


class JointTable(Distribution):
    """Distribution of pairs of tokens (x1, x2).

    Args:
        table: probabilities up to a factor, [x1, x2].
    """

    def __init__(self, table: np.ndarray):
        square = np.zeros([max(table.shape)] * 2)
        square[: table.shape[0], : table.shape[1]] = table / table.sum()
        with np.errstate(divide="ignore"):  # log 0 = -inf for impossible pairs
            self._log_table = np.log(square)

    def log_prob(self, examples: tf.Tensor) -> tf.Tensor:
        """Looks up log P(x) in nats, float64 [batch], of pairs int32 [batch, 2]."""
        return tf.gather_nd(self._log_table, examples)

    def sample(self, count: int, key: tf.Tensor) -> tf.Tensor:
        """Draws pairs, int32 [count, 2], by a stateless random key, int64 [2]."""
        uniform = tf.random.stateless_uniform(
            [count], key, dtype=tf.float64, alg=randomness.ALGORITHM
        )
        shares = np.cumsum(np.exp(self._log_table))
        cells = tf.searchsorted(shares / shares[-1], uniform, side="right")
        return tf.transpose(tf.unravel_index(cells, self._log_table.shape))
