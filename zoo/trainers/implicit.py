"""Training of a generator by what its samples and the data have not in common, without a judge.

Source: Y. Li, K. Swersky and R. Zemel (2015), arXiv 1502.02761, algorithm 1.
"""

import dataclasses

import tensorflow as tf

from zoo.batch import Batch
from zoo.errors import require
from zoo.functional.diversity import diversity
from zoo.trainers.base.trainer import Trainer, descend, validation_seeds


@dataclasses.dataclass(frozen=True)
class Alone:
    """A generator whose discriminator, if it came with one, is not trained and not kept.

    Attributes:
        generator: the model Q.
    """

    generator: object

    def networks(self) -> dict:
        """The networks that the model consists of, by their roles."""
        return {"generator": self.generator}


def trained(model) -> Alone:
    """What of a model this trainer trains, and a run saves: its generator."""
    return Alone(model.generator)


def build(model, objective, *, batch_size: int, seed: int, average_decay: float):
    """The trainer of a generator with a differentiable `sample(key, count)`.

    Args:
        model: has a `generator`.
        objective: has `loss(real, generated)` and `figure`, the name that it is logged by.
        batch_size: real and generated examples a step, over all replicas.
        seed: the run's seed.
        average_decay: see `Trainer`.

    Returns:
        An `Implicit`; compile it with an optimizer and fit it to batches of real examples.

    Raises:
        SpecError: a replica would have fewer than two examples.
    """
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    require(
        batch_size >= 2 * replicas,
        f"batch_size={batch_size} should be at least {2 * replicas}, two examples for each "
        "replica: the objective compares examples of one batch.",
    )
    return Implicit(model.generator, objective, batch_size, seed, average_decay)


class Implicit(Trainer):
    """Draws a batch of samples and lowers the objective between it and a batch of data."""

    def compile(self, optimizer, **kwargs):
        """Takes the optimizer; `kwargs` go to `keras.Model.compile`."""
        super().compile(optimizer, **kwargs)
        optimizer.build(self.generator.trainable_variables)

    def train_step(self, data):
        """One step: samples are drawn, the optimizer follows the gradient through them."""
        count = self.per_replica(self.batch_size)
        with tf.GradientTape() as tape:
            generated = self.generator.sample(self.key("generator samples"), count)
            loss = self.objective.loss(Batch(*data), generated)
        descend(self.optimizer, loss, tape, self.generator.trainable_variables)
        self.update_average()
        return {self.objective.figure: loss}

    def test_step(self, data, number=0):
        """The same on held-out examples: higher than in training if Q knows those by heart.

        And the `diversity` of samples, which are other ones for each batch `number`.
        """
        real = Batch(*data)
        generated = self.generator.examples(validation_seeds(real, number))
        loss = self.objective.loss(real, generated)
        return {self.objective.figure: loss, "diversity": diversity(generated, real)}

    @property
    def step(self):
        """See `Trainer.step`."""
        return self.optimizer.iterations
