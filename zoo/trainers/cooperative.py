"""Cooperative training: a generator and a mediator, a model of the mixture of data and samples.

Source: S. Lu et al. (2018), arXiv 1804.03782, algorithm 1.
"""

from collections.abc import Sequence

import tensorflow as tf

from zoo import randomness, replicas
from zoo.batch import Batch, concatenate
from zoo.functional.cross_entropy import cross_entropy
from zoo.functional.diversity import diversity
from zoo.models.base.pair import Mediated
from zoo.objectives.base.contracts import CooperativeObjective
from zoo.trainers.base.trainer import validation_seeds
from zoo.trainers.base.two_player import TwoPlayer

_SAMPLES = -1  # a number for keys; the mediator's dropout has those from 0 up


def build(
    model: Mediated,
    objective: CooperativeObjective,
    *,
    batch_size: int,
    seed: int,
    average_decay: float,
) -> "Cooperative":
    """The trainer of a generator and its mediator by a cooperative objective.

    Args:
        model: the generator and its mediator.
        objective: the losses of both.
        batch_size: samples per generator update, over all replicas.
        seed: the run's seed.
        average_decay: see `Trainer`.

    Returns:
        The trainer; compile it with two optimizers and fit it to batches of texts.
    """
    return Cooperative(model, objective, batch_size, seed, average_decay)


class Cooperative(TwoPlayer):
    """Alternates updates of the mediator, towards data and samples, and one of the generator."""

    SECOND = "mediator"

    def __init__(
        self,
        model: Mediated,
        objective: CooperativeObjective,
        batch_size: int,
        seed: int,
        average_decay: float,
    ):
        steps = objective.mediator_steps
        super().__init__(model, objective, batch_size, seed, average_decay, steps, batch_size)
        self.mediator, self._alike = model.mediator, model.alike

    def start_from(self, weights: Sequence) -> None:
        """Initialises both networks where they are alike; see `Trainer.start_from`."""
        super().start_from(weights)
        if self._alike:
            for variable, value in zip(self.mediator.variables, weights, strict=True):
                variable.assign(value)

    @property
    def waiting(self) -> dict[str, int]:
        """See `Trainer.waiting`."""
        return {"generator_optimizer": self.objective.mediator_warmup}

    def train_step(self, data: tuple):
        """Updates the mediator on real texts and samples, then the generator."""
        figures = self.objective.logged(self.step.value)
        for number, real in enumerate(Batch(*data).split(self.objective.mediator_steps)):
            figures["mediator_loss"] = self.update_mediator(real, number)
        figures["generator_loss"] = self.update_generator()
        self.update_average()
        return replicas.logs(figures)

    def update_mediator(self, real: Batch, number: int) -> tf.Tensor:
        """Updates the mediator on real texts and as many new samples.

        Args:
            real: a replica's share of the real texts.
            number: the number of the update within the step; each has random draws of its own.

        Returns:
            The mediator's loss, float32 [].
        """
        key = randomness.fold(self.key("mediator"), number)
        count = replicas.share(self.batch_size)
        generated = self.generator.sample(randomness.fold(key, _SAMPLES), count)
        inputs, targets, token_mask = self.mediator.read(*concatenate([real, generated]))
        with tf.GradientTape() as tape, replicas.joined(tf.shape(inputs)[0] - count, count):
            nats = token_mask * cross_entropy(targets, self.mediator.network(inputs, key=key))
            loss = self.objective.mediator_loss(nats[:-count], nats[-count:], self.step.value)
        replicas.descend(self.second_optimizer, loss, tape, self.mediator.trainable_variables)
        return loss

    def update_generator(self) -> tf.Tensor:
        """Updates the generator on new samples; returns its loss, float32 []."""
        key, count = self.key("generator samples"), replicas.share(self.batch_size)
        texts = self.generator.sample(key, count).values
        log_m = tf.nn.log_softmax(self.mediator.network(self.mediator.shift(texts)))
        token_mask = self.generator.token_mask(texts)
        with tf.GradientTape() as tape:
            log_q = tf.nn.log_softmax(self.generator.drawing_logits(texts))
            loss = self.objective.generator_loss(texts, log_q, log_m, token_mask, self.step.value)
        replicas.descend(self.generator_optimizer, loss, tape, self.generator.trainable_variables)
        return loss

    def test_step(self, data: tuple, number: int | tf.Tensor = 0):
        """Computes likelihood, divergence bound and diversity of samples on held-out texts.

        Args:
            data: the parts of a `zoo.batch.Batch`.
            number: the number of the batch; each has samples of its own.

        Returns:
            "nll" as the sum of nats and the number of tokens that it covers; "divergence_bound"
            in nats; "diversity".
        """
        real = Batch(*data)
        generated = self.generator.examples(validation_seeds(real, number))
        ratios = self._log_ratio(concatenate([real, generated]).values)
        # The step counts updates that are done: the last one was at the step before.
        last = tf.maximum(self.step.value - 1, 0)
        num_tokens = tf.reduce_sum(self.generator.token_mask(real.values))
        return {
            "nll": (-tf.reduce_sum(self.generator.log_prob(*real)), num_tokens),
            "divergence_bound": self.objective.divergence_bound(*tf.split(ratios, 2), last),
            "diversity": diversity(generated, real),
        }

    def _log_ratio(self, texts):
        """log M - log Q of texts, where Q is what is drawn from: inf where it excludes one."""
        token_mask = self.generator.token_mask(texts)
        log_q = tf.nn.log_softmax(self.generator.drawing_logits(texts))
        log_probs = tf.gather(log_q, tf.maximum(texts, 0), batch_dims=2)
        every = tf.reduce_sum(tf.where(token_mask > 0, log_probs, 0.0), axis=-1)
        return self.mediator.log_prob(texts) - every
