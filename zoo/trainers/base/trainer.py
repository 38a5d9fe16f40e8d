"""What every trainer is: networks, their moving average, their step, and random keys."""

import contextlib

import keras
import tensorflow as tf

from zoo import randomness


class Trainer(keras.Model):
    """A Keras model whose training step is an algorithm that trains other networks.

    Args:
        generator: the network that is sampled from.
        objective: what is minimised.
        batch_size: examples a step, over all replicas.
        seed: the run's seed.
        average_decay: how much of the generator's moving average stays at each step, in
            [0, 1); 0: no average is kept.

    Attributes:
        average: the moving average of the generator's variables, a list; empty without one.
    """

    def __init__(self, generator, objective, batch_size: int, seed: int, average_decay: float):
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

    @property
    def step(self):
        """How many steps have been made, an integer variable."""
        raise NotImplementedError

    @property
    def updates(self) -> dict[str, int]:
        """By the names under which `compile` takes optimizers, how many steps each makes a step."""
        return {"optimizer": 1}

    @property
    def num_real(self) -> int:
        """How many real examples a step reads, over all replicas, for all updates alike."""
        return self.batch_size

    def components(self) -> dict[str, list]:
        """All variables of the training state, by the part that they belong to."""
        return {"generator": self.generator.variables, "average": self.average} | {
            name: getattr(self, name).variables for name in self.updates
        }

    def key(self, purpose: str):
        """The stateless key, int64 [2], of one purpose at this step on this replica."""
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        return randomness.fold(randomness.key(self.seed, self.step.value, purpose), replica)

    def start_from(self, weights) -> None:
        """Gives the generator, and its average where one is kept, these weights, in their order."""
        for variable, value in zip(self.generator.variables, weights, strict=True):
            variable.assign(value)
        for average, variable in zip(self.average, self._averaged, strict=True):
            average.assign(variable)

    def per_replica(self, count: int) -> int:
        """How many of `count` samples a replica draws."""
        return max(1, count // tf.distribute.get_strategy().num_replicas_in_sync)

    def update_average(self):
        """Average <- decay average + (1 - decay) variable, with a lower decay in the first steps.

        The decay at step i is min(average_decay, (1 + i) / (10 + i)), so that the random
        initialisation is soon forgotten.
        """
        step = tf.cast(self.step.value, tf.float32)
        decay = tf.minimum(self.average_decay, (1.0 + step) / (10.0 + step))
        for average, variable in zip(self.average, self._averaged, strict=True):
            average.assign(average + (1.0 - decay) * (variable - average))

    @contextlib.contextmanager
    def averaged(self):
        """Gives the generator its averaged weights meanwhile, where an average is kept."""
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


def descend(optimizer, loss, tape, variables):
    """One optimizer step down the gradient of the mean of all replicas' losses.

    Keras clips a replica's gradients before it adds up those of all: so each replica hands over
    its share of the mean, and an optimizer's limit has to be the limit divided by their number.
    """
    gradients = [tf.convert_to_tensor(g) for g in tape.gradient(loss, variables)]
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    if replicas > 1:
        context = tf.distribute.get_replica_context()
        gradients = context.all_reduce(tf.distribute.ReduceOp.MEAN, gradients)
        gradients = [gradient / replicas for gradient in gradients]
    optimizer.apply(gradients, variables)


def validation_seeds(real, number):
    """Seeds of as many samples as there are real examples, int64, others for each batch number."""
    count = tf.cast(real.size, tf.int64)
    return tf.cast(number, tf.int64) * count + tf.range(count)
