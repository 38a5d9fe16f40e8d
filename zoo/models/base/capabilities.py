"""Capabilities of a model, asked by `isinstance`."""

import abc

import tensorflow as tf

from zoo.batch import Batch


class Generator(abc.ABC):
    """A distribution Q that examples can be drawn from.

    Attributes:
        default_estimator: the spec of the member of `zoo.estimators` that carries an adversarial
            gradient to the generator unless the objective names another.
    """

    default_estimator: str

    @abc.abstractmethod
    def examples(self, seeds: tf.Tensor) -> Batch:
        """Draws one example for each seed, int64 [batch], independent of the other seeds."""

    @abc.abstractmethod
    def sample(self, key: tf.Tensor, count: int) -> Batch:
        """Draws `count` examples by one stateless key, int64 [2]."""


class Likelihood(abc.ABC):
    """A distribution Q whose probability, or density, can be computed."""

    @abc.abstractmethod
    def log_prob(self, values: tf.Tensor, labels: tf.Tensor | None = None):
        """Log-probability (of points: log-density) of examples in nats.

        Args:
            values: the examples.
            labels: their classes, int32 [batch], where Q is conditioned on them.

        Returns:
            float32 [batch].
        """
