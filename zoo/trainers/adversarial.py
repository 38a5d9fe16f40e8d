"""Training against a discriminator.

Source: I. Goodfellow et al. (2014), arXiv 1406.2661, algorithm 1.
"""

import tensorflow as tf

from zoo import spec
from zoo.trainers._trainer import Trainer, descend


def build(model, objective, *, batch_size: int, seed: int, average_decay: float):
    """The trainer of a `zoo.models._implicit.Pair` by an adversarial objective.

    Args:
        model: the pair of generator and discriminator.
        objective: has `discriminator_loss`, `generator_loss`, `divergence_bound`, `pi_at`,
            `num_generated`, and `estimator`, the spec of what carries the gradient to the
            generator.
        batch_size: samples a step of the generator, over all replicas.
        seed: the run's seed.
        average_decay: see `Trainer`.

    Returns:
        An `Adversarial`; compile it with two optimizers and fit it to batches of real examples.
    """
    return Adversarial(model, objective, batch_size, seed, average_decay)


class Adversarial(Trainer):
    """Alternates one step of the discriminator and one of the generator."""

    OPTIMIZERS = ("generator_optimizer", "discriminator_optimizer")

    def __init__(self, pair, objective, batch_size, seed, average_decay):
        super().__init__(pair.generator, objective, batch_size, seed, average_decay)
        self.discriminator = pair.discriminator
        self.estimator = spec.build("estimators", objective.estimator)

    def compile(self, generator_optimizer, discriminator_optimizer, **kwargs):
        """Takes the two optimizers; `kwargs` go to `keras.Model.compile`."""
        super().compile(**kwargs)
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer
        generator_optimizer.build(self.generator.trainable_variables)
        discriminator_optimizer.build(self.discriminator.trainable_variables)

    def train_step(self, real):
        """One step of the discriminator on real and generated samples, one of the generator."""
        pi = self.objective.pi_at(self.step.value)
        measured = self._discriminator_step(real, pi)
        measured["generator_loss"] = self._generator_step(pi)
        self.update_average()
        return {**measured, "pi": pi}

    def test_step(self, real):
        """The divergence bound on held-out examples: lower than in training if D overfits."""
        seeds = tf.range(tf.shape(real)[0], dtype=tf.int64)
        pi = self.objective.pi_at(self.step.value)
        generated_logits = self.discriminator(self.generator.generate(seeds))
        bound = self.objective.divergence_bound(self.discriminator(real), generated_logits, pi)
        return {"divergence_bound": bound}

    def _discriminator_step(self, real, pi):
        count = self._per_replica(self.objective.num_generated(self.batch_size))
        generated = self.generator.sample(self.key("discriminator samples"), count)
        both = tf.concat([real, generated], axis=0)
        with tf.GradientTape() as tape:
            logits = self.discriminator(both, key=self.key("discriminator"), training=True)
            real_logits, generated_logits = logits[:-count], logits[-count:]
            loss = self.objective.discriminator_loss(real_logits, generated_logits, pi)
        descend(self.discriminator_optimizer, loss, tape, self.discriminator.trainable_variables)
        bound = self.objective.divergence_bound(real_logits, generated_logits, pi)
        return {"divergence_bound": bound, "discriminator_loss": loss}

    def _generator_step(self, pi):
        key = self.key("score")

        def score(samples):
            return self.objective.generator_loss(self.discriminator(samples, key=key), pi)

        count = self._per_replica(self.batch_size)
        with tf.GradientTape() as tape:
            loss = self.estimator.loss(self.generator, score, self.key("generator samples"), count)
        descend(self.generator_optimizer, loss, tape, self.generator.trainable_variables)
        return loss

    def _per_replica(self, count):
        return max(1, count // tf.distribute.get_strategy().num_replicas_in_sync)

    @property
    def step(self):
        """See `Trainer.step`."""
        return self.generator_optimizer.iterations

    @property
    def num_real(self) -> int:
        """See `Trainer.num_real`."""
        return self.objective.num_real(self.batch_size)

    def components(self) -> dict[str, list]:
        """See `Trainer.components`."""
        return {"discriminator": self.discriminator.variables} | super().components()
