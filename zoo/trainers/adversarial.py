"""Adversarial training: a generator against a discriminator.

Source: I. Goodfellow et al. (2014), arXiv 1406.2661, algorithm 1.
"""

import tensorflow as tf

from zoo import replicas, spec
from zoo.batch import Batch
from zoo.errors import require
from zoo.estimators.base.contracts import Estimator, estimator_class
from zoo.models.base.pair import Pair
from zoo.objectives.base.contracts import AdversarialObjective
from zoo.trainers.base.two_player import TwoPlayer
from zoo.trainers.base.with_discriminator import WithDiscriminator


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


class Adversarial(WithDiscriminator, TwoPlayer):
    """Alternates updates of the discriminator and one of the generator."""

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
        self.estimator = _estimator(objective.estimator or pair.generator.default_estimator, pair)

    def train_step(self, data: tuple):
        """Updates the discriminator on real examples and samples, then the generator."""
        figures = self.objective.logged(self.step.value)
        for number, real in enumerate(Batch(*data).split(self.objective.discriminator_steps)):
            figures |= self.update_discriminator(real, number, self.generator.sample)
        figures["generator_loss"] = self.update_generator()
        self.update_average()
        return replicas.logs(figures)

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

    @property
    def waiting(self) -> dict[str, int]:
        """See `Trainer.waiting`."""
        return {"generator_optimizer": self.objective.discriminator_warmup}

    def components(self) -> dict[str, list]:
        """See `Trainer.components`."""
        estimator = self.estimator.variables
        return super().components() | ({"estimator": estimator} if estimator else {})


def _estimator(text: str, pair: Pair) -> Estimator:
    """Builds the estimator of a spec.

    Raises:
        SpecError: it is not for this generator, or not for this discriminator.
    """
    estimator = spec.build("estimators", text)
    fitting = ", ".join(n for n in spec.names("estimators") if _fits(estimator_class(n), pair))
    expected = estimator.generator_type
    require(
        isinstance(pair.generator, expected),
        f"The estimator {text} takes a {expected.__name__}; this generator is not one. "
        f"Estimators for it: {fitting}.",
    )
    require(
        _fits(type(estimator), pair),
        f"The estimator {text} scores weights of tokens, and this discriminator reads tokens "
        f"alone. Estimators for it: {fitting}.",
    )
    return estimator


def _fits(estimator: type[Estimator], pair: Pair) -> bool:
    relaxed = pair.discriminator.reads_relaxed or not estimator.relaxes
    return isinstance(pair.generator, estimator.generator_type) and relaxed
