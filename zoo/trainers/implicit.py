"""Training of a generator on a two-sample statistic, without a discriminator.

Source: Y. Li, K. Swersky and R. Zemel (2015), arXiv 1502.02761, algorithm 1.
"""

import dataclasses

import keras
import tensorflow as tf

from zoo import replicas
from zoo.batch import Batch
from zoo.errors import require
from zoo.functional.diversity import diversity
from zoo.models.base.latent_generator import LatentGenerator
from zoo.models.base.pair import LatentPair
from zoo.objectives.base.contracts import ImplicitObjective
from zoo.trainers.base.one_player import OnePlayer
from zoo.trainers.base.trainer import validation_seeds


@dataclasses.dataclass(frozen=True)
class GeneratorOnly:
    """A generator without the discriminator that it may have come with.

    Attributes:
        generator: the model Q.
    """

    generator: LatentGenerator

    def networks(self) -> dict[str, keras.Model]:
        """The networks that the model consists of, by their roles."""
        return {"generator": self.generator}


def build(
    model: LatentPair | GeneratorOnly,
    objective: ImplicitObjective,
    *,
    batch_size: int,
    seed: int,
    average_decay: float,
) -> "Implicit":
    """The trainer of a generator whose samples are differentiable in its weights.

    Args:
        model: its generator is trained.
        objective: the loss.
        batch_size: real examples per step, and as many samples, over all replicas.
        seed: the run's seed.
        average_decay: see `Trainer`.

    Returns:
        The trainer; compile it with an optimizer and fit it to batches of real examples.

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


class Implicit(OnePlayer):
    """Draws a batch of samples and minimises the objective between it and a batch of data."""

    @classmethod
    def trained(cls, model: LatentPair) -> GeneratorOnly:
        """The generator alone: a discriminator is neither trained nor saved."""
        return GeneratorOnly(model.generator)

    def train_step(self, data: tuple):
        """Updates the generator by the gradient through its samples."""
        count = replicas.share(self.batch_size)
        with tf.GradientTape() as tape:
            generated = self.generator.sample(self.key("generator samples"), count)
            loss = self.objective.loss(Batch(*data), generated)
        replicas.descend(self.optimizer, loss, tape, self.generator.trainable_variables)
        self.update_average()
        return replicas.logs({self.objective.figure: loss})

    def test_step(self, data: tuple, number: int | tf.Tensor = 0):
        """Computes the loss on held-out examples, and the diversity of samples.

        The loss is higher there than in training if the generator overfits.

        Args:
            data: the parts of a `zoo.batch.Batch`.
            number: the number of the batch; each has samples of its own.
        """
        real = Batch(*data)
        generated = self.generator.examples(validation_seeds(real, number))
        loss = self.objective.loss(real, generated)
        return {self.objective.figure: loss, "diversity": diversity(generated, real)}
