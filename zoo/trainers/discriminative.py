"""Discriminative training: a discriminator of data and samples, with the generator fixed.

Source: M. Gutmann and A. Hyvärinen, "Noise-Contrastive Estimation" (2010), section 2, with the
generator as the noise.
"""

import typing

import keras
import tensorflow as tf

from zoo import randomness, replicas
from zoo.batch import Batch
from zoo.models.base.pair import Pair
from zoo.objectives.base.contracts import FixedGeneratorObjective
from zoo.trainers.base.with_discriminator import WithDiscriminator


def build(
    model: Pair,
    objective: FixedGeneratorObjective,
    *,
    batch_size: int,
    seed: int,
    average_decay: float,
) -> "Discriminative":
    """The trainer of a discriminator with the generator fixed.

    Args:
        model: the pair of generator and discriminator.
        objective: the loss of the discriminator.
        batch_size: real examples, and samples, per update, over all replicas.
        seed: the run's seed.
        average_decay: see `Trainer`; the average of what does not move is the same.

    Returns:
        The trainer; compile it with one optimizer and fit it to batches of real examples.
    """
    return Discriminative(model, objective, batch_size, seed, average_decay)


class Discriminative(WithDiscriminator):
    """Updates the discriminator; the generator, batch statistics included, stays as it is."""

    # The better the discriminator, the more it proves; a generator is the better for less.
    higher_is_better = frozenset({"divergence_bound"})

    def __init__(
        self,
        pair: Pair,
        objective: FixedGeneratorObjective,
        batch_size: int,
        seed: int,
        average_decay: float,
    ):
        super().__init__(pair.generator, objective, batch_size, seed, average_decay)
        self.discriminator = pair.discriminator

    def compile(self, *, discriminator_optimizer: keras.Optimizer, **kwargs: typing.Any) -> None:
        """Takes the discriminator's optimizer; the rest goes to `keras.Model.compile`."""
        self.second_optimizer = discriminator_optimizer
        super().compile(**kwargs)
        discriminator_optimizer.build(self.discriminator.trainable_variables)

    def train_step(self, data: tuple):
        """Updates the discriminator on real examples and samples, which are drawn as in a run."""
        return replicas.logs(self.update_discriminator(Batch(*data), 0, self.draw))

    def draw(self, key: tf.Tensor, count: int) -> Batch:
        """Draws samples without changing the generator's batch statistics; see `Generator`."""
        seeds = replicas.own_rows(lambda rows: randomness.seeds(key, rows), count)
        return self.generator.examples(seeds)

    @property
    def step(self):
        """See `Trainer.step`."""
        return self.second_optimizer.iterations

    @property
    def updates(self) -> dict[str, int]:
        """See `Trainer.updates`."""
        return {"discriminator_optimizer": 1}

    @property
    def num_real(self) -> int:
        """See `Trainer.num_real`."""
        return self.objective.num_real(self.batch_size)

    def components(self) -> dict[str, list]:
        """See `Trainer.components`."""
        return super().components() | {
            "discriminator": self.discriminator.variables,
            "discriminator_optimizer": self.second_optimizer.variables,
        }
