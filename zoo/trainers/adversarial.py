"""Training against a discriminator.

Source: I. Goodfellow et al. (2014), arXiv 1406.2661, algorithm 1.
"""

import tensorflow as tf

from zoo import randomness, spec
from zoo.batch import Batch, concatenate
from zoo.errors import require
from zoo.functional.diversity import diversity
from zoo.trainers.base.trainer import Trainer, descend, validation_seeds

_SAMPLES, _NOISE = -1, -2  # numbers for keys; the discriminator's dropout has those from 0 up


def build(model, objective, *, batch_size: int, seed: int, average_decay: float):
    """The trainer of a `zoo.models.base.pair.Pair` by an adversarial objective.

    Args:
        model: the pair of generator and discriminator.
        objective: a `zoo.objectives.generalised_js.GeneralisedJS`, or what has the same methods.
        batch_size: samples a step of the generator, over all replicas.
        seed: the run's seed.
        average_decay: see `Trainer`.

    Returns:
        An `Adversarial`; compile it with two optimizers and fit it to batches of real examples.

    Raises:
        SpecError: the objective's estimator cannot reach this generator.
    """
    return Adversarial(model, objective, batch_size, seed, average_decay)


class Adversarial(Trainer):
    """Alternates steps of the discriminator and one of the generator.

    The discriminator judges each example and its beginnings: its logits are float32
    [batch, times], where the last is of the whole example, and images have no other.
    """

    def __init__(self, pair, objective, batch_size, seed, average_decay):
        super().__init__(pair.generator, objective, batch_size, seed, average_decay)
        self.discriminator = pair.discriminator
        self.estimator = _estimator(
            objective.estimator or pair.generator.default_estimator, pair.generator
        )

    def compile(self, generator_optimizer, discriminator_optimizer, **kwargs):
        """Takes the two optimizers; `kwargs` go to `keras.Model.compile`."""
        super().compile(**kwargs)
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer
        generator_optimizer.build(self.generator.trainable_variables)
        discriminator_optimizer.build(self.discriminator.trainable_variables)

    def train_step(self, data):
        """Steps of the discriminator on real and generated examples, one of the generator."""
        real, pi = Batch(*data), self.objective.pi_at(self.step.value)
        for number, part in enumerate(real.split(self.objective.discriminator_steps)):
            measured = self._discriminator_step(part, pi, number)
        measured["generator_loss"] = self._generator_step(pi)
        self.update_average()
        return {**measured, "pi": pi}

    def test_step(self, data, number=0):
        """On held-out examples the divergence bound, lower than in training if D overfits.

        And the `diversity` of samples, which are other ones for each batch `number`.
        """
        real, step = Batch(*data), self.step.value
        # The step counts updates that are done: the last one was at π of the step before.
        pi = self.objective.pi_at(tf.maximum(step - 1, 0))
        generated = self.generator.examples(validation_seeds(real, number))
        both = concatenate([real, generated])
        logits = self._judge(self.objective.seen(both, step, self.key("validation noise")))
        real_logits, generated_logits = tf.split(logits, 2)
        bound = self._bound(real_logits, generated_logits, pi)
        return {"divergence_bound": bound, "diversity": diversity(generated, real)}

    def _discriminator_step(self, real, pi, number):
        count = self.per_replica(self.objective.num_generated(self.batch_size))
        key = randomness.fold(self.key("discriminator"), number)
        generated = self.generator.sample(randomness.fold(key, _SAMPLES), count)
        both = concatenate([real, generated])
        seen = self.objective.seen(both, self.step.value, randomness.fold(key, _NOISE))
        with tf.GradientTape() as tape:
            logits = self._judge(seen, key, training=True)
            real_logits, generated_logits = logits[:-count], logits[-count:]
            loss = self.objective.discriminator_loss(real_logits, generated_logits, pi)
            penalised = loss + self.objective.penalty(self._judge, real)
        variables = self.discriminator.trainable_variables
        descend(self.discriminator_optimizer, penalised, tape, variables)
        bound = self._bound(real_logits, generated_logits, pi)
        return {"divergence_bound": bound, "discriminator_loss": loss}

    def _generator_step(self, pi):
        step, key, noise = self.step.value, self.key("score"), self.key("score noise")

        def score(samples):
            logits = self._judge(self.objective.seen(samples, step, noise), key)
            return self.objective.generator_loss(logits, pi)

        count, key_of_samples = self.per_replica(self.batch_size), self.key("generator samples")
        with tf.GradientTape() as tape:
            loss = self.estimator.loss(self.generator, score, key_of_samples, count, step)
        descend(self.generator_optimizer, loss, tape, self.generator.trainable_variables)
        return loss

    def _judge(self, examples, key=None, training=False):
        return self.discriminator.prefix_logits(*examples, key=key, training=training)

    def _bound(self, real_logits, generated_logits, pi):
        return self.objective.divergence_bound(real_logits[:, -1], generated_logits[:, -1], pi)

    @property
    def step(self):
        """See `Trainer.step`."""
        return self.generator_optimizer.iterations

    @property
    def updates(self) -> dict[str, int]:
        """See `Trainer.updates`."""
        steps = self.objective.discriminator_steps
        return {"generator_optimizer": 1, "discriminator_optimizer": steps}

    @property
    def num_real(self) -> int:
        """See `Trainer.num_real`."""
        return self.objective.num_real(self.batch_size) * self.objective.discriminator_steps

    def components(self) -> dict[str, list]:
        """See `Trainer.components`."""
        found = {"discriminator": self.discriminator.variables} | super().components()
        if self.estimator.variables:
            found["estimator"] = self.estimator.variables
        return found


def _estimator(text, generator):
    """The estimator of a spec, if it can reach this generator."""
    name, _ = spec.parse(text)
    needed = spec.module("estimators", name).NEEDS
    fitting = [n for n in spec.names("estimators")
               if hasattr(generator, spec.module("estimators", n).NEEDS)]  # fmt: skip
    require(
        hasattr(generator, needed),
        f"The estimator {text} cannot reach this generator, which has no {needed}. "
        f"Estimators for it: {', '.join(fitting)}.",
    )
    return spec.build("estimators", text)
