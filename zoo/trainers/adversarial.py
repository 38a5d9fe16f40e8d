"""Adversarial training: a generator against a discriminator.

Source: I. Goodfellow et al. (2014), arXiv 1406.2661, algorithm 1.
"""

import keras
import tensorflow as tf

from zoo import randomness, replicas, spec
from zoo.batch import Batch, concatenate
from zoo.errors import require
from zoo.estimators.base.contracts import Estimator, estimator_class
from zoo.functional.diversity import diversity
from zoo.models.base.pair import Pair
from zoo.objectives.base.contracts import AdversarialObjective
from zoo.trainers.base.trainer import validation_seeds
from zoo.trainers.base.two_player import TwoPlayer

_SAMPLES, _NOISE = -1, -2  # numbers for keys; the discriminator's dropout has those from 0 up


def build(
    model: Pair,
    objective: AdversarialObjective,
    *,
    batch_size: int,
    seed: int,
    average_decay: float,
) -> "Adversarial":
    """The trainer of a generator and a discriminator by an adversarial objective.

    Args:
        model: the pair of generator and discriminator.
        objective: the losses of both.
        batch_size: samples per generator update, over all replicas.
        seed: the run's seed.
        average_decay: see `Trainer`.

    Returns:
        The trainer; compile it with two optimizers and fit it to batches of real examples.

    Raises:
        SpecError: the objective's estimator is not for this generator.
    """
    return Adversarial(model, objective, batch_size, seed, average_decay)


class Adversarial(TwoPlayer):
    """Alternates updates of the discriminator and one of the generator.

    The discriminator's logits are float32 [batch, times]: one for each prefix of an example, the
    last of them for the whole example. Images and points have one time.
    """

    SECOND = "discriminator"

    def __init__(
        self,
        pair: Pair,
        objective: AdversarialObjective,
        batch_size: int,
        seed: int,
        average_decay: float,
    ):
        steps, num_real = objective.discriminator_steps, objective.num_real(batch_size)
        super().__init__(pair, objective, batch_size, seed, average_decay, steps, num_real)
        self.discriminator = pair.discriminator
        self.estimator = _estimator(
            objective.estimator or pair.generator.default_estimator, pair.generator
        )

    def train_step(self, data: tuple):
        """Updates the discriminator on real examples and samples, then the generator."""
        figures = self.objective.logged(self.step.value)
        for number, real in enumerate(Batch(*data).split(self.objective.discriminator_steps)):
            figures |= self.update_discriminator(real, number)
        figures["generator_loss"] = self.update_generator()
        self.update_average()
        return replicas.logs(figures)

    def update_discriminator(self, real: Batch, number: int) -> dict[str, tf.Tensor]:
        """Updates the discriminator on real examples and as many new samples as the objective asks.

        Args:
            real: a replica's share of the real examples.
            number: the number of the update within the step; each has random draws of its own.

        Returns:
            The objective's diagnostics and "discriminator_loss", float32 [] each.
        """
        step, key = self.step.value, randomness.fold(self.key("discriminator"), number)
        count = replicas.share(self.objective.num_generated(self.batch_size))
        generated = self.generator.sample(randomness.fold(key, _SAMPLES), count)
        both = concatenate([real, generated])
        sizes = both.size - count, count
        with replicas.joined(*sizes):
            noisy = self.objective.instance_noise(both, step, randomness.fold(key, _NOISE))
        with tf.GradientTape() as tape, replicas.joined(*sizes):
            logits = self.discriminator.prefix_logits(*noisy, key=key, training=True)
            real_logits, generated_logits = logits[:-count], logits[-count:]
            loss = self.objective.discriminator_loss(real_logits, generated_logits, step)
            penalty = self.objective.gradient_penalty(self.discriminator.prefix_logits, real)
            penalised = loss + penalty
        replicas.descend(
            self.second_optimizer, penalised, tape, self.discriminator.trainable_variables
        )
        whole = real_logits[:, -1], generated_logits[:, -1]
        return self.objective.diagnostics(*whole, step) | {"discriminator_loss": loss}

    def update_generator(self) -> tf.Tensor:
        """Updates the generator on new samples; returns its loss, float32 []."""
        step, key, noise_key = self.step.value, self.key("score"), self.key("score noise")

        def score(samples):
            noisy = self.objective.instance_noise(samples, step, noise_key)
            logits = self.discriminator.prefix_logits(*noisy, key=key)
            return self.objective.generator_loss(logits, step)

        count, samples_key = replicas.share(self.batch_size), self.key("generator samples")
        with tf.GradientTape() as tape:
            loss = self.estimator.loss(self.generator, score, samples_key, count, step)
        replicas.descend(self.generator_optimizer, loss, tape, self.generator.trainable_variables)
        return loss

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
        noisy = self.objective.instance_noise(both, step, self.key("validation noise"))
        whole = tf.split(self.discriminator.prefix_logits(*noisy)[:, -1], 2)
        # The step counts updates that are done: the last one was at the step before.
        figures = self.objective.diagnostics(*whole, tf.maximum(step - 1, 0))
        return figures | {"diversity": diversity(generated, real)}

    def components(self) -> dict[str, list]:
        """See `Trainer.components`."""
        estimator = self.estimator.variables
        return super().components() | ({"estimator": estimator} if estimator else {})


def _estimator(text: str, generator: keras.Model) -> Estimator:
    """Builds the estimator of a spec.

    Raises:
        SpecError: it is not for this generator.
    """
    estimator = spec.build("estimators", text)
    fitting = [
        name
        for name in spec.names("estimators")
        if isinstance(generator, estimator_class(name).generator_type)
    ]
    require(
        isinstance(generator, estimator.generator_type),
        f"The estimator {text} takes a {estimator.generator_type.__name__}; this generator is not "
        f"one. Estimators for it: {', '.join(fitting)}.",
    )
    return estimator
