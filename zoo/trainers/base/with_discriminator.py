"""The base of trainers of a discriminator: its update, and validation by it."""

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from zoo import randomness, replicas
from zoo.batch import Batch, concatenate
from zoo.functional.diversity import diversity
from zoo.models.base.discriminator import Discriminator
from zoo.trainers.base.trainer import Trainer, validation_seeds

_SAMPLES, _NOISE = -1, -2  # numbers for keys; the discriminator's dropout has those from 0 up


class WithDiscriminator(Trainer):
    """Updates a discriminator on data and samples.

    The discriminator's logits are float32 [batch, times]: one for each prefix of an example, the
    last of them for the whole example. Images and points have one time.

    Attributes:
        discriminator: the discriminator.
        second_optimizer: its optimizer, set by a subclass's `compile`.
    """

    discriminator: Discriminator
    second_optimizer: keras.Optimizer

    def start_from(self, weights: Sequence) -> None:
        """Initialises what in the discriminator is like the generator, too; see `Trainer`."""
        super().start_from(weights)
        self.discriminator.start_from(weights)

    def update_discriminator(
        self, real: Batch, number: int, sample: Callable
    ) -> dict[str, tf.Tensor]:
        """Updates the discriminator on real examples and as many new samples as the objective asks.

        Args:
            real: a replica's share of the real examples.
            number: the number of the update within the step; each has random draws of its own.
            sample: draws samples of the generator from a key, int64 [2], and their number.

        Returns:
            The objective's diagnostics and "discriminator_loss", float32 [] each.
        """
        step, key = self.step.value, randomness.fold(self.key("discriminator"), number)
        count = replicas.share(self.objective.num_generated(self.batch_size))
        generated = sample(randomness.fold(key, _SAMPLES), count)
        both = concatenate([real, generated])
        sizes = both.size - count, count
        with replicas.joined(*sizes):
            noisy = self.objective.instance_noise(both, step, randomness.fold(key, _NOISE))
        with tf.GradientTape() as tape, replicas.joined(*sizes):
            logits = self.discriminator.prefix_logits(*noisy, key=key, training=True)
            real_logits, generated_logits = logits[:-count], logits[-count:]
            loss = self.objective.discriminator_loss(real_logits, generated_logits, step)
            noisy_real = noisy.map(lambda rows: rows[:-count])
            penalty = self.objective.gradient_penalty(self.discriminator.prefix_logits, noisy_real)
            penalised = loss + penalty
        replicas.descend(
            self.second_optimizer, penalised, tape, self.discriminator.trainable_variables
        )
        whole = real_logits[:, -1], generated_logits[:, -1]
        return self.objective.diagnostics(*whole, step) | {"discriminator_loss": loss}

    def test_step(self, data: tuple, number: int | tf.Tensor = 0):
        """Computes the objective's diagnostics on held-out examples, and the samples' diversity.

        A divergence bound is lower there than in training if the discriminator overfits.

        Args:
            data: the parts of a `zoo.batch.Batch`.
            number: the number of the batch; each has samples of its own.
        """
        real, step = Batch(*data), self.step.value
        generated = self.generator.examples(validation_seeds(real, number))
        both = concatenate([real, generated])
        key = randomness.fold(self.key("validation noise"), number)
        noisy = self.objective.instance_noise(both, step, key)
        whole = tf.split(self.discriminator.prefix_logits(*noisy)[:, -1], 2)
        # The step counts updates that are done: the last one was at the step before.
        figures = self.objective.diagnostics(*whole, tf.maximum(step - 1, 0))
        return figures | {"diversity": diversity(generated, real)}
