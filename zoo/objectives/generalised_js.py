"""Generalised Jensen–Shannon adversarial training: JS_π[P‖Q], minimised against a discriminator.

P is the distribution of the data, Q the model, 0 < π < 1 the weight of P, and
M = πP + (1 - π)Q. All logarithms are natural, all divergences are in nats.

    JS_π[P‖Q] = π KL[P‖M] + (1 - π) KL[Q‖M]

    r  = log P - log Q                  the log density ratio
    d* = r + log(π / (1 - π))           the logit of the best discriminator

Source: F. Huszár, arXiv 1511.05101 (2015), eq. 12 and section 4; the case π = 1/2 is
I. Goodfellow et al., arXiv 1406.2661 (2014).
"""

from typing import Literal

import tensorflow as tf
from keras import ops

from zoo import replicas
from zoo.divergences import binary_entropy
from zoo.errors import require
from zoo.objectives.base import mixture, pi_schedule
from zoo.objectives.base.contracts import AdversarialObjective, DensityRatioObjective
from zoo.objectives.base.regularisation import GradientPenalty, InstanceNoise

GeneratorLoss = Literal["exact", "normalised", "reverse_kl", "forward_kl", "non_saturating"]
Weighting = Literal["logit_shift", "loss_weights", "batch_ratio"]


# Each of these is g, whose mean over samples of Q the generator minimises with the discriminator
# held fixed. At d = d* it follows the divergence ∫ q f(p/q) with f''(u) = -g'(log u) / u²,
# which its docstring names.


def exact(d: tf.Tensor, r: tf.Tensor, pi: float | tf.Tensor, one_minus_pi: tf.Tensor):
    """JS_π[P‖Q]: the gradient is exactly its gradient, and vanishes with π at either end."""
    return -one_minus_pi * ops.softplus(d)


def normalised(d: tf.Tensor, r: tf.Tensor, pi: float | tf.Tensor, one_minus_pi: tf.Tensor):
    """JS_π[P‖Q] / (π(1 - π)): from KL[P‖Q] at π -> 0 to KL[Q‖P] at π -> 1."""
    return -ops.softplus(d) / pi


def reverse_kl(d: tf.Tensor, r: tf.Tensor, pi: float | tf.Tensor, one_minus_pi: tf.Tensor):
    """KL[Q‖P], whatever π is."""
    return -r


def forward_kl(d: tf.Tensor, r: tf.Tensor, pi: float | tf.Tensor, one_minus_pi: tf.Tensor):
    """KL[P‖Q], whatever π is.

    exp(r) has mean 1 over Q. Dividing it by its mean over the batch (of prefixes of texts: over
    those of one length) keeps one sample of a large ratio from deciding the step, at the price of
    a bias of the order 1 / batch size.
    """
    every = replicas.gather(ops.stop_gradient(r))
    log_mean = ops.logsumexp(every, axis=0) - ops.log(ops.cast(ops.shape(every)[0], r.dtype))
    return -ops.exp(r - log_mean)


def non_saturating(d: tf.Tensor, r: tf.Tensor, pi: float | tf.Tensor, one_minus_pi: tf.Tensor):
    """KL[Q‖P] - JS_π[P‖Q] / (1 - π), which is *not* JS_π.

    It tends to KL[Q‖P] at π -> 0 and, divided by 1 - π, to χ²(Q‖P) / 2 at π -> 1: with this
    loss π does not lead from maximum likelihood to KL[Q‖P]. It is here for its gradients early
    in training, where the discriminator tells all samples from data.
    """
    return ops.softplus(-d)


GENERATOR_LOSSES = {
    loss.__name__: loss for loss in (exact, normalised, reverse_kl, forward_kl, non_saturating)
}


class GeneralisedJS(DensityRatioObjective):
    """Adversarial training of JS_π[P‖Q].

    What a logit estimates depends on `weighting`. Logits are of any shape and floating type; what
    is computed from π is computed in float64 and rounded to their type at the end.

    Attributes:
        pi: π at the first step and from step `pi_steps` on.
        pi_steps: the number of steps over which π moves linearly.
        weighting: how π enters the discriminator's training, with one optimum for all three:
            "logit_shift": not at all: the discriminator is trained on halves, its logits
                estimate r, and log(π / (1 - π)) is added to them afterwards;
            "loss_weights": its loss weighs data by π and samples by 1 - π, and its logits
                estimate d*;
            "batch_ratio": the same, and its batch holds data and samples in these shares.
        estimator: see `AdversarialObjective`, as the other attributes.
    """

    def __init__(
        self,
        pi: tuple[float, float],
        pi_steps: int = 0,
        generator_loss: GeneratorLoss = "normalised",
        weighting: Weighting = "logit_shift",
        estimator: str | None = None,
        discriminator_steps: int = 1,
        instance_noise: InstanceNoise = AdversarialObjective.instance_noise,
        gradient_penalty: GradientPenalty = AdversarialObjective.gradient_penalty,
        discriminator_warmup: int = 0,
    ):
        self.pi, self.pi_steps, self.weighting = pi, pi_steps, weighting
        self._generator_loss = GENERATOR_LOSSES[generator_loss]
        self.estimator, self.discriminator_steps = estimator, discriminator_steps
        self.instance_noise, self.gradient_penalty = instance_noise, gradient_penalty
        self.discriminator_warmup = discriminator_warmup

    def pi_at(self, step: int | tf.Tensor):
        """π at a training step, an integer or an integer tensor []: a float64 tensor []."""
        return pi_schedule.at(self.pi, self.pi_steps, step)

    def logged(self, step: int | tf.Tensor) -> dict:
        """π at a training step."""
        return {"pi": self.pi_at(step)}

    def num_real(self, batch_size: int) -> int:
        """The number of real examples in a batch of the discriminator."""
        if self.weighting != "batch_ratio":
            return batch_size
        return min(max(round(self.pi[0] * 2 * batch_size), 1), 2 * batch_size - 1)

    def num_generated(self, batch_size: int) -> int:
        """The number of samples in a batch of the discriminator."""
        return 2 * batch_size - self.num_real(batch_size)

    def discriminator_loss(
        self, real_logits: tf.Tensor, generated_logits: tf.Tensor, step: int | tf.Tensor
    ):
        """The cross-entropy of data and samples, a scalar.

            w E_P[softplus(-logit)] + (1 - w) E_Q[softplus(logit)]

        with w = 1/2 and its minimum at logit = r for "logit_shift", w = π and its minimum at
        logit = d* otherwise. For "batch_ratio" too the means are weighted by π, not by the
        counts of the batch: rounding the counts moves no minimum.

        Args:
            real_logits: float [num_real, ...].
            generated_logits: float [num_generated, ...].
            step: the training step, which sets π.
        """
        weight = 0.5 if self.weighting == "logit_shift" else self.pi_at(step)
        return mixture.cross_entropy(real_logits, generated_logits, weight)

    def generator_loss(self, generated_logits: tf.Tensor, step: int | tf.Tensor):
        """The generator loss g of each sample; see the functions of `GENERATOR_LOSSES`.

        Args:
            generated_logits: float [N, ...], of samples of Q.
            step: the training step, which sets π.

        Returns:
            g of each, of the shape and type of `generated_logits`.
        """
        pi = self.pi_at(step)
        d, r = self._shifted(generated_logits, pi), self._ratio(generated_logits, pi)
        return self._generator_loss(d, r, *mixture.weights(pi, generated_logits.dtype))

    def divergence_bound(
        self, real_logits: tf.Tensor, generated_logits: tf.Tensor, step: int | tf.Tensor
    ):
        """A lower bound of JS_π[P‖Q] in nats, tight at the best discriminator.

            H(π) - π E_P[softplus(-d)] - (1 - π) E_Q[softplus(d)]

        Args:
            real_logits: float [N], of held-out data, if it is to bound the divergence from P and
                not from the training data.
            generated_logits: float [M], of samples of Q.
            step: the training step, which sets π.

        Returns:
            A scalar. The means over P and Q are taken separately, N and M may differ.
        """
        pi = self.pi_at(step)
        real, generated = self._shifted(real_logits, pi), self._shifted(generated_logits, pi)
        entropy = ops.cast(binary_entropy(pi), real.dtype)
        return entropy - mixture.cross_entropy(real, generated, pi)

    def log_density_ratio(self, logits: tf.Tensor, step: int | tf.Tensor):
        """The estimate of r = log P - log Q in nats, of the shape and type of `logits`."""
        return self._ratio(logits, self.pi_at(step))

    def _ratio(self, logits, pi):
        """The estimate of r."""
        return (
            logits
            if self.weighting == "logit_shift"
            else logits - mixture.log_odds(pi, logits.dtype)
        )

    def _shifted(self, logits, pi):
        """The estimate of d* = r + log(π / (1 - π))."""
        return (
            logits + mixture.log_odds(pi, logits.dtype)
            if self.weighting == "logit_shift"
            else logits
        )


def build(
    *,
    pi: float | list[float] = 0.5,
    pi_steps: int = 0,
    generator_loss: GeneratorLoss = "normalised",
    weighting: Weighting = "logit_shift",
    estimator: str | None = None,
    discriminator_steps: int = 1,
    discriminator_warmup: int = 0,
    r1: float = 0.0,
    instance_noise: float = 0.0,
    instance_noise_steps: int = 0,
) -> GeneralisedJS:
    """Adversarial training of JS_π.

    Args:
        pi: the weight of the data, between 0 and 1, both excluded; or [first, last], to move
            it linearly.
        pi_steps: the number of steps from first to last; π stays at last afterwards.
        generator_loss: the function of the discriminator's output that the generator minimises,
            which decides the divergence it follows: see the functions of these names.
        weighting: how π enters the discriminator's training, see `GeneralisedJS`.
        estimator: the generator's gradient estimator, a spec as a quoted string, such as
            "reinforce(rollouts=4)"; None: pathwise() where samples are differentiable in the
            weights, reinforce() for sequences of tokens.
        discriminator_steps: discriminator updates per generator update, each on new examples.
        discriminator_warmup: training steps at the start in which the generator's learning rate is
            0, so that the discriminator comes near its optimum before the generator follows it;
            they count as steps of the run, and take as long.
        r1: the weight γ of the penalty γ/2 E_P[|∇D|²], for images and points; 0: none. The
            weights of data and samples sum to one here and to two in arXiv 1801.04406 (2018),
            eq. 9: give half of the γ that is quoted for it, 5 for 10.
        instance_noise: the standard deviation of Gaussian noise on all that the discriminator
            reads, images and points; the divergence is then that of the blurred P
            and Q. 0: none.
        instance_noise_steps: the number of steps over which the noise falls linearly to zero;
            0: it stays.

    Raises:
        SpecError: π outside (0, 1), a schedule that is incomplete or cannot be, no step of the
            discriminator, or a warm-up, penalty or noise below zero.
    """
    ends = pi_schedule.checked("generalised_js", pi, pi_steps)
    require(
        pi_steps == 0 or weighting != "batch_ratio",
        f"generalised_js: weighting='batch_ratio' cannot follow the schedule pi={pi!r}, since "
        "the shapes of batches are fixed; use 'logit_shift' or 'loss_weights'.",
    )
    require(
        discriminator_steps >= 1,
        f"generalised_js: discriminator_steps={discriminator_steps} should be at least 1.",
    )
    require(
        discriminator_warmup >= 0,
        f"generalised_js: discriminator_warmup={discriminator_warmup} should be at least 0.",
    )
    return GeneralisedJS(
        ends,
        pi_steps,
        generator_loss,
        weighting,
        estimator,
        discriminator_steps,
        InstanceNoise(float(instance_noise), instance_noise_steps),
        GradientPenalty(float(r1)),
        discriminator_warmup,
    )
