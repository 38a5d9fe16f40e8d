"""Markov chain over tokens: a known distribution of texts, to sample from and to score.

log P(x) = Σ_t log P(x_t | x_{t-k}, ..., x_{t-1}),    k = min(t, order), t counted from 0
"""

import numpy as np
import tensorflow as tf

from zoo import randomness
from zoo.distributions.distribution import Distribution


class MarkovChain(Distribution):
    """Distribution of texts in which a token depends on the `order` tokens before it.

    Args:
        tables: log-probabilities of the next token after 0, 1, ..., order tokens, float64
            [vocabulary size] * (k + 1) for the one after k tokens.
        length: of the texts that `sample` draws.
    """

    def __init__(self, tables: list[np.ndarray], length: int):
        self._tables, self._length = tables, length

    def log_prob(self, examples: tf.Tensor) -> tf.Tensor:
        """Computes log P(x) in nats, float64 [batch], of tokens int32 [batch, length]."""
        positions = range(examples.shape[1])
        return tf.add_n([
            tf.gather_nd(self._table(t), examples[:, t - self._num_read(t) : t + 1])
            for t in positions
        ])  # fmt: skip

    def sample(self, count: int, key: tf.Tensor) -> np.ndarray:
        """Draws texts, int32 [count, length], by a stateless random key, int64 [2]."""
        uniform = tf.random.stateless_uniform(
            [self._length, count], key, dtype=tf.float64, alg=randomness.ALGORITHM
        ).numpy()
        tokens = np.zeros((count, 0), np.int32)
        for t in range(self._length):
            read = tokens[:, t - self._num_read(t) :]
            cumulative = np.cumsum(np.exp(self._table(t)[tuple(read.T)]), axis=-1)
            # Rounding leaves the last sum beside 1: as a share of it no draw is out of range.
            below = cumulative <= uniform[t][:, None] * cumulative[..., -1:]
            tokens = np.column_stack([tokens, np.sum(below, axis=-1)]).astype(np.int32)
        return tokens

    def _num_read(self, position):
        """The number of earlier tokens that the token at a position depends on."""
        return min(position, len(self._tables) - 1)

    def _table(self, position):
        return self._tables[self._num_read(position)]
