"""The kinds of objectives: abstract classes, one for each trainer.

    Objective
      LikelihoodObjective         predict
      DiscriminatorObjective      discriminator_loss; no trainer takes all of them, but these:
        AdversarialObjective        and generator_loss
          DensityRatioObjective       and log_density_ratio, divergence_bound
        FixedGeneratorObjective     and log_density_ratio, divergence_bound
      CooperativeObjective        mediator_loss, generator_loss, divergence_bound
      DistillationObjective       divergence, loss
      ImplicitObjective           loss

An objective defines the methods named beside it; all else has a default. It has no variables and
knows no network. `step` is the training step, a Python integer or an integer tensor []. P is the
distribution of the data, Q the generator.
"""

import abc
from typing import Any

import tensorflow as tf

from zoo.batch import Batch
from zoo.objectives.base.regularisation import GradientPenalty, InstanceNoise


class Objective(abc.ABC):  # noqa: B024, the kinds below have abstract methods
    """Defines the losses that a training step minimises."""

    def logged(self, step: int | tf.Tensor) -> dict[str, tf.Tensor]:
        """Scalars that the objective sets at a training step, such as a schedule's value."""
        del step
        return {}


class LikelihoodObjective(Objective):
    """Trains a sequence model by the cross-entropy of its next-token predictions."""

    @abc.abstractmethod
    def predict(
        self, model: Any, batch: Batch, step: int | tf.Tensor, key: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Predicts every token of a batch.

        Args:
            model: a sequence model, see `zoo.models`.
            batch: real examples.
            step: the training step.
            key: a stateless key, int64 [2], for dropout and all other draws.

        Returns:
            Logits float32 [batch, time, vocabulary size], targets int32 [batch, time], and the
            token mask float32 [batch, time]: 1 up to the first end token, 0 after it.
        """


class DiscriminatorObjective(Objective):
    """Trains a discriminator to separate data from samples; the base of what follows.

    Logits are float32 [batch, times]: one for each prefix of an example, the last of them for the
    whole example. Images and points have one time.

    Attributes:
        instance_noise: noise on everything that the discriminator reads.
        gradient_penalty: a penalty that is added to the discriminator's loss.
    """

    instance_noise: InstanceNoise = InstanceNoise()
    gradient_penalty: GradientPenalty = GradientPenalty()

    @abc.abstractmethod
    def discriminator_loss(
        self, real_logits: tf.Tensor, generated_logits: tf.Tensor, step: int | tf.Tensor
    ):
        """The loss that the discriminator minimises, a scalar.

        Args:
            real_logits: float [num_real, ...].
            generated_logits: float [num_generated, ...].
            step: the training step.
        """

    def num_real(self, batch_size: int) -> int:
        """The number of real examples in a batch of the discriminator."""
        return batch_size

    def num_generated(self, batch_size: int) -> int:
        """The number of samples in a batch of the discriminator."""
        return batch_size

    def diagnostics(
        self, real_logits: tf.Tensor, generated_logits: tf.Tensor, step: int | tf.Tensor
    ) -> dict[str, Any]:
        """Scalars that the logits of whole examples yield, logged in training and validation.

        Args:
            real_logits: float [N].
            generated_logits: float [M], of samples of Q.
            step: the training step.
        """
        del real_logits, generated_logits, step
        return {}


class EstimatesDensityRatio(abc.ABC):
    """Defines how the logits of a discriminator estimate the log density ratio of P and Q.

    Runs that are trained by an objective of this class have `Run.log_density_ratio`, the sampler
    `refine`, the metrics `divergence_bound`, `calibration` and `refinement_gain`, and the signature
    `log_density_ratio` in their exports.
    """

    @abc.abstractmethod
    def log_density_ratio(self, logits: tf.Tensor, step: int | tf.Tensor):
        """The estimate of r = log P - log Q in nats, of the shape and type of `logits`.

        Args:
            logits: the discriminator's, float [...].
            step: the training step that the discriminator was last updated at.
        """

    @abc.abstractmethod
    def divergence_bound(
        self, real_logits: tf.Tensor, generated_logits: tf.Tensor, step: int | tf.Tensor
    ):
        """A lower bound of a divergence of P and Q in nats, tight at the best discriminator.

        It is a mean over real examples plus a mean over samples.

        Args:
            real_logits: float [N]; of held-out data for a bound of the divergence from P, since
                a discriminator can overfit to its training data.
            generated_logits: float [M], of samples of Q.
            step: the training step that the discriminator was last updated at.

        Returns:
            A scalar.
        """

    def diagnostics(
        self, real_logits: tf.Tensor, generated_logits: tf.Tensor, step: int | tf.Tensor
    ) -> dict[str, Any]:
        """The divergence bound; see `DiscriminatorObjective.diagnostics`."""
        return {"divergence_bound": self.divergence_bound(real_logits, generated_logits, step)}


class AdversarialObjective(DiscriminatorObjective):
    """Trains a generator against a discriminator.

    Attributes:
        estimator: the spec of the generator's gradient estimator, see `zoo.estimators`; None:
            pathwise() where samples are differentiable in the weights, reinforce() for tokens.
        discriminator_steps: discriminator updates per generator update, each on new examples.
        discriminator_warmup: training steps before the generator's weights begin to move.

    Example:
        >>> class Hinge(AdversarialObjective):
        ...     def discriminator_loss(self, real_logits, generated_logits, step):
        ...         real, generated = tf.nn.relu(1 - real_logits), tf.nn.relu(1 + generated_logits)
        ...         return tf.reduce_mean(real) + tf.reduce_mean(generated)
        ...
        ...     def generator_loss(self, generated_logits, step):
        ...         return -generated_logits
    """

    estimator: str | None = None
    discriminator_steps: int = 1
    discriminator_warmup: int = 0

    @abc.abstractmethod
    def generator_loss(self, generated_logits: tf.Tensor, step: int | tf.Tensor):
        """The loss g whose mean over samples the generator minimises, discriminator held fixed.

        Args:
            generated_logits: float [N, ...], of samples of Q.
            step: the training step.

        Returns:
            g of each logit, of the shape and type of `generated_logits`.
        """


class DensityRatioObjective(EstimatesDensityRatio, AdversarialObjective):
    """An adversarial objective whose discriminator estimates the log density ratio of P and Q."""


class FixedGeneratorObjective(EstimatesDensityRatio, DiscriminatorObjective):
    """Trains the log density ratio of P and Q alone; the generator stays as it is."""


class CooperativeObjective(Objective):
    """Trains a generator by a mediator M, a model of a mixture of data and samples.

    Attributes:
        mediator_steps: mediator updates per generator update, each on new examples.
        mediator_warmup: training steps before the generator's weights begin to move.
    """

    mediator_steps: int = 1
    mediator_warmup: int = 0

    @abc.abstractmethod
    def mediator_loss(self, real_nats: tf.Tensor, generated_nats: tf.Tensor, step: int | tf.Tensor):
        """The loss that the mediator minimises, a scalar.

        Args:
            real_nats: -log M(x_t | x_{<t}) of data, float32 [num_real, time], 0 after the end.
            generated_nats: the same of samples of Q, float32 [num_generated, time].
            step: the training step.
        """

    @abc.abstractmethod
    def generator_loss(
        self,
        texts: tf.Tensor,
        log_q: tf.Tensor,
        log_m: tf.Tensor,
        token_mask: tf.Tensor,
        step: int | tf.Tensor,
    ):
        """The loss that the generator minimises, mediator held fixed, a scalar.

        Args:
            texts: samples of Q, int32 [batch, time].
            log_q: log Q(·|x_{<t}), float32 [batch, time, vocabulary size]; -inf for tokens that
                are never drawn.
            log_m: log M(·|x_{<t}), of the same shape.
            token_mask: float32 [batch, time], 0 after the end of a text.
            step: the training step.
        """

    @abc.abstractmethod
    def divergence_bound(
        self, real_log_ratio: tf.Tensor, generated_log_ratio: tf.Tensor, step: int | tf.Tensor
    ):
        """A lower bound of a divergence of P and Q in nats, tight at the best mediator.

        Args:
            real_log_ratio: log M - log Q of data, float32 [N]; inf where Q excludes it.
            generated_log_ratio: the same of samples of Q, float32 [M].
            step: the training step that the mediator was last updated at.

        Returns:
            A scalar.
        """


class DistillationObjective(Objective):
    """Trains a sequence model, the student, to predict as another one does, the teacher.

    Attributes:
        teacher: the run folder, or the name or address of a published model.
        own: the share of each batch whose prefixes are samples of the student, in [0, 1].
        future: whether the loss asks for the log-probabilities of the student's own tokens.
    """

    teacher: str
    own: float = 0.0
    future: bool = False

    @abc.abstractmethod
    def divergence(self, log_t: tf.Tensor, log_s: tf.Tensor):
        """The divergence of next-token distributions, float32 [batch, time], in nats.

        Args:
            log_t: the teacher's log-probabilities, float32 [batch, time, vocabulary size]; no
                gradient flows to them.
            log_s: the student's, of the same shape.
        """

    @abc.abstractmethod
    def loss(
        self, nats: tf.Tensor, log_probs: tf.Tensor | None, token_mask: tf.Tensor, num_own: int
    ):
        """The loss that the student minimises, a scalar.

        Args:
            nats: `divergence` at all positions, float32 [batch, time].
            log_probs: log S(x_t | x_{<t}) of the last `num_own` texts, with the distribution they
                were drawn from, float32 [num_own, time]; None unless `future` is set.
            token_mask: float32 [batch, time], 0 after the end of a text.
            num_own: the number of texts that the student has drawn, the last ones.
        """


class ImplicitObjective(Objective):
    """Trains a generator on a statistic of two samples, without a discriminator.

    Attributes:
        figure: the name that the loss is logged by.
    """

    figure: str = "loss"

    @abc.abstractmethod
    def loss(self, real: Batch, generated: Batch):
        """The statistic, a scalar that is differentiable in the generated values.

        Args:
            real: at least two examples of P.
            generated: at least two examples of Q.
        """
