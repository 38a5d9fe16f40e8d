"""The contract of gradient estimators: an abstract class."""

import abc
import typing
from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from zoo import spec


class Estimator(abc.ABC):
    """Estimates the gradient of E_Q[g(x)] with respect to the weights of the generator Q.

    A subclass defines `generator_type` and `loss`.

    Attributes:
        generator_type: the class of generators that it is for.
        relaxes: whether it scores relaxed tokens, weights of all tokens at each time, in place of
            tokens.
        variables: Keras variables that are saved with a run; none by default.
    """

    generator_type: typing.ClassVar[type]
    relaxes: typing.ClassVar[bool] = False
    variables: Sequence[keras.Variable] = ()

    @abc.abstractmethod
    def loss(
        self, generator: Any, score: Callable, key: tf.Tensor, count: int, step: tf.Tensor
    ) -> tf.Tensor:
        """A scalar whose gradient in the generator's weights estimates that of E_Q[g].

        Args:
            generator: a `generator_type`.
            score: a function from a `zoo.batch.Batch` of samples to g, float [batch, times], with
                the discriminator held fixed: the last time is of the whole sample, those before
                it are of its prefixes.
            key: int64 [2], of all draws; see `zoo.randomness`.
            count: the number of samples to draw.
            step: the training step, an integer tensor [].
        """


def estimator_class(name: str) -> type[Estimator]:
    """The class of an estimator: the return type of the `build` of the member of this name."""
    return typing.get_type_hints(spec.module("estimators", name).build)["return"]
