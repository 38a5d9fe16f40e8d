"""Contract of the data distributions that are known exactly."""

import abc

import numpy as np
import tensorflow as tf


class Distribution(abc.ABC):
    """A distribution P with a known log-density that can be sampled.

    Example:
        >>> p = JointTable(np.array([[0.5, 0.0], [0.25, 0.25]]))
        >>> p.log_prob(p.sample(3, key=tf.constant([0, 1], tf.int64)))
    """

    @abc.abstractmethod
    def log_prob(self, examples: tf.Tensor) -> tf.Tensor:
        """Computes log P(x) in nats.

        Args:
            examples: [batch, ...].

        Returns:
            Floats [batch]; -inf for impossible examples.
        """

    @abc.abstractmethod
    def sample(self, count: int, key: tf.Tensor) -> tf.Tensor | np.ndarray:
        """Draws independent examples, [count, ...].

        Args:
            count: number of examples.
            key: a stateless random key, int64 [2]; the same key gives the same examples.
        """
