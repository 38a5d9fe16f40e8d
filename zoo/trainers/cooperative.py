"""Training by way of a mediator, a model of the mixture of data and samples.

Source: S. Lu et al. (2018), arXiv 1804.03782, algorithm 1.
"""

import tensorflow as tf

from zoo import randomness
from zoo.batch import Batch, concatenate
from zoo.functional.cross_entropy import cross_entropy
from zoo.functional.diversity import diversity
from zoo.trainers.base.trainer import Trainer, descend, validation_seeds

_SAMPLES = -1  # a number for keys; the mediator's dropout has those from 0 up


def build(model, objective, *, batch_size: int, seed: int, average_decay: float):
    """The trainer of a `zoo.models.mediated.Mediated` by a cooperative objective.

    Args:
        model: the generator and its mediator.
        objective: a `zoo.objectives.mediated_js.MediatedJS`, or what has the same methods.
        batch_size: samples a step of the generator, over all replicas.
        seed: the run's seed.
        average_decay: see `Trainer`.

    Returns:
        A `Cooperative`; compile it with two optimizers and fit it to batches of texts.
    """
    return Cooperative(model, objective, batch_size, seed, average_decay)


class Cooperative(Trainer):
    """Alternates steps of the mediator, towards data and samples, and one of the generator."""

    def __init__(self, model, objective, batch_size, seed, average_decay):
        super().__init__(model.generator, objective, batch_size, seed, average_decay)
        self.mediator, self._alike = model.mediator, model.alike

    def compile(self, generator_optimizer, mediator_optimizer, **kwargs):
        """Takes the two optimizers; `kwargs` go to `keras.Model.compile`."""
        super().compile(**kwargs)
        self.generator_optimizer = generator_optimizer
        self.mediator_optimizer = mediator_optimizer
        generator_optimizer.build(self.generator.trainable_variables)
        mediator_optimizer.build(self.mediator.trainable_variables)

    def start_from(self, weights) -> None:
        """See `Trainer.start_from`; a mediator of the same kind begins with the same weights."""
        super().start_from(weights)
        if self._alike:
            for variable, value in zip(self.mediator.variables, weights, strict=True):
                variable.assign(value)

    def train_step(self, data):
        """Steps of the mediator on real and generated texts, one of the generator."""
        real, pi = Batch(*data), self.objective.pi_at(self.step.value)
        for number, part in enumerate(real.split(self.objective.mediator_steps)):
            measured = self._mediator_step(part, pi, number)
        measured["generator_loss"] = self._generator_step(pi)
        self.update_average()
        return {**measured, "pi": pi}

    def test_step(self, data, number=0):
        """On held-out texts the negative log-likelihood in nats, and a bound of the divergence.

        And the `diversity` of samples, which are other ones for each batch `number`. The
        likelihood is given as its sum and the number of tokens.
        """
        real = Batch(*data)
        generated = self.generator.examples(validation_seeds(real, number))
        ratios = self._log_ratio(concatenate([real, generated]).values)
        num_symbols = tf.reduce_sum(self.generator.token_mask(real.values))
        return {
            "nll": (-tf.reduce_sum(self.generator.log_prob(*real)), num_symbols),
            "divergence_bound": self.objective.divergence_bound(
                *tf.split(ratios, 2), self.objective.pi_at(tf.maximum(self.step.value - 1, 0))
            ),
            "diversity": diversity(generated, real),
        }

    def _mediator_step(self, real, pi, number):
        key = randomness.fold(self.key("mediator"), number)
        count = self.per_replica(self.batch_size)
        generated = self.generator.sample(randomness.fold(key, _SAMPLES), count)
        inputs, targets, counts = self.mediator.read(*concatenate([real, generated]))
        with tf.GradientTape() as tape:
            nats = counts * cross_entropy(targets, self.mediator.network(inputs, key=key))
            loss = self.objective.mediator_loss(nats[:-count], nats[-count:], pi)
        descend(self.mediator_optimizer, loss, tape, self.mediator.trainable_variables)
        return {"mediator_loss": loss}

    def _generator_step(self, pi):
        texts = self.generator.sample(
            self.key("generator samples"), self.per_replica(self.batch_size)
        ).values
        log_m = tf.nn.log_softmax(self.mediator.network(self.mediator.shift(texts)))
        with tf.GradientTape() as tape:
            log_q = tf.nn.log_softmax(self.generator.drawing_logits(texts))
            counts = self.generator.token_mask(texts)
            loss = self.objective.generator_loss(texts, log_q, log_m, counts, pi)
        descend(self.generator_optimizer, loss, tape, self.generator.trainable_variables)
        return loss

    def _log_ratio(self, texts):
        """log M - log Q of texts, where Q is what is drawn from: inf where it excludes one."""
        counts = self.generator.token_mask(texts)
        log_q = tf.nn.log_softmax(self.generator.drawing_logits(texts))
        log_probs = tf.gather(log_q, tf.maximum(texts, 0), batch_dims=2)
        every = tf.reduce_sum(tf.where(counts > 0, log_probs, 0.0), axis=-1)
        return self.mediator.log_prob(texts) - every

    @property
    def step(self):
        """See `Trainer.step`."""
        return self.generator_optimizer.iterations

    @property
    def updates(self) -> dict[str, int]:
        """See `Trainer.updates`."""
        return {"generator_optimizer": 1, "mediator_optimizer": self.objective.mediator_steps}

    @property
    def num_real(self) -> int:
        """See `Trainer.num_real`."""
        return self.batch_size * self.objective.mediator_steps

    def components(self) -> dict[str, list]:
        """See `Trainer.components`."""
        return {"mediator": self.mediator.variables} | super().components()
