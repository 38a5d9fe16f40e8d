"""The base of all trainers: the generator, its EMA weights, the step, and random keys."""

import abc
import contextlib
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from zoo import randomness
from zoo.batch import Batch
from zoo.objectives.base.contracts import Objective


class Trainer(keras.Model, abc.ABC):
    """A Keras model whose training step is an algorithm that trains other networks.

    A subclass takes its optimizers in `compile` and defines `train_step`, `test_step` and the
    abstract properties. `zoo.trainers.base.one_player` and `two_player` define all but the steps.

    Args:
        generator: the network that is sampled from.
        objective: the losses that are minimised.
        batch_size: examples per step, over all replicas.
        seed: the run's seed.
        average_decay: the decay of the generator's EMA weights, in [0, 1); 0: none are kept.

    Attributes:
        average: the EMA of the generator's variables, a list; empty without one.
        higher_is_better: the validation figures of which a higher one is better.
    """

    higher_is_better = frozenset({"context_use", "diversity"})

    def __init__(
        self,
        generator: keras.Model,
        objective: Objective,
        batch_size: int,
        seed: int,
        average_decay: float,
    ):
        super().__init__()
        self.generator, self.objective, self.batch_size = generator, objective, batch_size
        self.seed, self.average_decay = seed, float(average_decay)
        self.average = [
            self.add_weight(v.shape, "zeros", dtype=v.dtype, trainable=False, name="average")
            for v in self._averaged
        ]
        for average, variable in zip(self.average, self._averaged, strict=True):
            average.assign(variable)
        self.built = True

    def _maybe_symbolic_build(self, iterator=None, data_batch=None) -> None:
        """Does nothing: Keras would run a batch, which fails with several workers, to build it."""

    @classmethod
    def trained(cls, model: Any):
        """The part of a model that the trainer trains and a run saves: by default all of it.

        Args:
            model: a member of `zoo.models`.

        Returns:
            An object with `networks()`, a dict of Keras models by their roles.
        """
        return model

    @property
    @abc.abstractmethod
    def step(self):
        """The number of training steps made, an integer variable."""

    @property
    @abc.abstractmethod
    def updates(self) -> dict[str, int]:
        """Optimizer updates per training step, keyed by the optimizer's name in `compile`."""

    @property
    def waiting(self) -> dict[str, int]:
        """Training steps at the start in which an optimizer's learning rate is 0, by its name."""
        return {}

    @property
    @abc.abstractmethod
    def num_real(self) -> int:
        """Real examples per training step, over all replicas and all updates of the step."""

    @property
    def num_read(self) -> int:
        """The number of these that the step uses, the first ones: replicas share them alone."""
        return self.num_real

    def components(self) -> dict[str, list]:
        """The variables of the training state, by the component they are saved as."""
        return {"generator": self.generator.variables, "average": self.average}

    def key(self, purpose: str) -> tf.Tensor:
        """The stateless key, int64 [2], of one purpose at this step, the same on all replicas."""
        return randomness.fold(randomness.key(self.seed, self.step.value, purpose), 0)

    def start_from(self, weights: Sequence) -> None:
        """Initialises the generator, and its EMA where one is kept, from these weights in order."""
        for variable, value in zip(self.generator.variables, weights, strict=True):
            variable.assign(value)
        for average, variable in zip(self.average, self._averaged, strict=True):
            average.assign(variable)

    def update_average(self) -> None:
        """Updates the EMA: average <- decay average + (1 - decay) variable.

        The decay at step i is min(average_decay, (1 + i) / (10 + i)), so that the random
        initialisation is soon forgotten.
        """
        step = tf.cast(self.step.value, tf.float32)
        decay = tf.minimum(self.average_decay, (1.0 + step) / (10.0 + step))
        for average, variable in zip(self.average, self._averaged, strict=True):
            average.assign(average + (1.0 - decay) * (variable - average))

    @contextlib.contextmanager
    def averaged(self):
        """Lends the generator its EMA weights for a `with` block, where they are kept."""
        before = [variable.numpy() for variable in self._averaged]
        for variable, average in zip(self._averaged, self.average, strict=True):
            variable.assign(average)
        try:
            yield
        finally:
            for variable, value in zip(self._averaged, before, strict=True):
                variable.assign(value)

    @property
    def _averaged(self):
        return self.generator.variables if self.average_decay > 0 else []


def validation_seeds(real: Batch, number: int | tf.Tensor) -> tf.Tensor:
    """Seeds for as many samples as real examples, int64 [batch], distinct for each batch number."""
    count = tf.cast(real.size, tf.int64)
    return tf.cast(number, tf.int64) * count + tf.range(count)
