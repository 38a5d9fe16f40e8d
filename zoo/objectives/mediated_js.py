"""Cooperative training: JS_π[P‖Q] of texts, minimised with a model of the mixture.

P is the distribution of the data, Q the generator, 0 < π < 1 the weight of P. The mediator M is
a model of the mixture πP + (1 - π)Q, which it is fitted to by maximum likelihood. With the best
mediator,

    ∇ JS_π[P‖Q] = (1 - π) ∇ KL[Q‖M],    M held fixed,

and KL[Q‖M] is computed token by token, where both conditional distributions are known:

    KL[Q‖M] = E_Q[Σ_t k_t],    k_t = KL[Q(·|x_{<t})‖M(·|x_{<t})]

Source: S. Lu et al., "CoT: Cooperative Training for Generative Modeling of Discrete Data", arXiv
1804.03782 (2018), algorithm 1, for π = 1/2; here for any π.
"""

from typing import Literal

import tensorflow as tf

from zoo.divergences import binary_entropy
from zoo.errors import require
from zoo.functional import score_function
from zoo.objectives.base import pi_schedule
from zoo.objectives.base.contracts import CooperativeObjective

GeneratorLoss = Literal["exact", "normalised"]

# How many times likelier under Q than under P a text can be held at most.
_MOST = 100


class MediatedJS(CooperativeObjective):
    """Cooperative training of JS_π[P‖Q].

    Attributes:
        mediator_steps: mediator updates per generator update, each on new examples.
        mediator_warmup: training steps before the generator's weights begin to move.
    """

    def __init__(
        self,
        pi: tuple[float, float],
        pi_steps: int,
        generator_loss: GeneratorLoss,
        future: bool,
        mediator_steps: int,
        mediator_warmup: int = 0,
    ):
        self._pi, self._pi_steps = pi, pi_steps
        self._generator_loss, self._future = generator_loss, future
        self.mediator_steps, self.mediator_warmup = mediator_steps, mediator_warmup

    def pi_at(self, step: int | tf.Tensor):
        """π at a training step, an integer or an integer tensor []: a float64 tensor []."""
        return pi_schedule.at(self._pi, self._pi_steps, step)

    def logged(self, step: int | tf.Tensor) -> dict:
        """π at a training step."""
        return {"pi": self.pi_at(step)}

    def mediator_loss(self, real_nats: tf.Tensor, generated_nats: tf.Tensor, step: int | tf.Tensor):
        """The mediator's negative log-likelihood, π E_P[-log M] + (1 - π) E_Q[-log M], per token.

        Args:
            real_nats: -log M(x_t | x_{<t}) of data, float32 [num_real, time], 0 after the end.
            generated_nats: of samples of Q, float32 [num_generated, time].
            step: the training step, which sets π.

        Returns:
            A scalar; like the loss of maximum likelihood the mean over all positions.
        """
        share_p, share_q = self._shares(step)
        return share_p * tf.reduce_mean(real_nats) + share_q * tf.reduce_mean(generated_nats)

    def generator_loss(
        self,
        texts: tf.Tensor,
        log_q: tf.Tensor,
        log_m: tf.Tensor,
        token_mask: tf.Tensor,
        step: int | tf.Tensor,
    ):
        """The generator's divergence from the mediator, which is held fixed.

            exact        (1 - π) KL[Q‖M]
            normalised   KL[Q‖M] / π, of the scale of JS_π / (π(1 - π))

        Args:
            texts: samples of Q, int32 [batch, time].
            log_q: log Q(·|x_{<t}), float32 [batch, time, size]; -inf for tokens that are never
                drawn.
            log_m: log M(·|x_{<t}), of the same shape.
            token_mask: float32 [batch, time], 0 after the end of a text.
            step: the training step, which sets π.

        Returns:
            A scalar, in nats per text. Its gradient with respect to `log_q` is that of Σ_t k_t at
            given x_{<t}, to which `future` adds, with a baseline b,

                Σ_t (Σ_{s>t} k_s - b_t) ∇ log Q(x_t | x_{<t}),

            what x_t does to the k_s that come after it: an unbiased estimate of ∇ KL[Q‖M].
        """
        drawn = tf.where(tf.math.is_finite(log_q), log_q, 0.0)
        divergence = token_mask * tf.reduce_sum(tf.exp(log_q) * (drawn - log_m), axis=-1)
        loss = tf.reduce_mean(tf.reduce_sum(divergence, axis=-1))
        if self._future:
            later = tf.cumsum(divergence, axis=-1, exclusive=True, reverse=True)
            costs = later - score_function.leave_one_out(later)
            log_probs = token_mask * tf.gather(drawn, texts, batch_dims=2)
            loss += score_function.surrogate(log_probs, costs)
        pi = self.pi_at(step)
        return tf.cast(1 - pi if self._generator_loss == "exact" else 1 / pi, loss.dtype) * loss

    def divergence_bound(
        self, real_log_ratio: tf.Tensor, generated_log_ratio: tf.Tensor, step: int | tf.Tensor
    ):
        """A lower bound of JS_π[P‖Q] in nats, tight at the best mediator.

            H(π) + π E_P[log(1 - s)] + (1 - π) E_Q[log s],    s = (1 - π) Q / M

        s is the probability with which the best mediator takes a text for a sample, and the bound
        is that of the discriminator which says so. Other mediators can put s above 1: it is held
        below what it is where a text is a hundred times likelier under Q than under P.

        Args:
            real_log_ratio: log M - log Q of data, float32 [N]; inf where Q excludes it.
            generated_log_ratio: of samples of Q, float32 [M].
            step: the training step, which sets π.

        Returns:
            A scalar. The means over P and Q are taken separately, N and M may differ.
        """
        share_p, share_q = self._shares(step)
        least = tf.math.log1p(share_p / share_q / _MOST)  # -log s there

        def minus_log_share(log_ratio):
            return tf.maximum(log_ratio - tf.math.log(share_q), least)

        real = tf.math.log(-tf.math.expm1(-minus_log_share(real_log_ratio)))
        generated = -minus_log_share(generated_log_ratio)
        entropy = tf.cast(binary_entropy(self.pi_at(step)), tf.float32)
        return entropy + share_p * tf.reduce_mean(real) + share_q * tf.reduce_mean(generated)

    def _shares(self, step):
        """π and 1 - π, float32."""
        pi = self.pi_at(step)
        return tf.cast(pi, tf.float32), tf.cast(1 - pi, tf.float32)


def build(
    *,
    pi: float | list[float] = 0.5,
    pi_steps: int = 0,
    generator_loss: GeneratorLoss = "normalised",
    future: bool = False,
    mediator_steps: int = 1,
    mediator_warmup: int = 0,
) -> MediatedJS:
    """Cooperative training of JS_π.

    Args:
        pi: the weight of the data, between 0 and 1, both excluded; or [first, last], to move
            it linearly.
        pi_steps: the number of steps from first to last; π stays at last afterwards.
        generator_loss: "exact", (1 - π) KL[Q‖M], whose gradient vanishes with 1 - π; or
            "normalised", KL[Q‖M] / π, which follows JS_π / (π(1 - π)).
        future: whether a token is also credited with the costs after it, by the score function.
            Without, the gradient has little variance and is not that of the divergence: Q learns
            the next token, and not to avoid prefixes after which it does badly.
        mediator_steps: mediator updates per generator update, each on new examples.
        mediator_warmup: training steps at the start in which the generator's learning rate is 0,
            so that a new mediator does not lead a trained generator away from what it has learnt;
            they count as steps of the run, and take as long.

    Raises:
        SpecError: π outside (0, 1), a schedule that is incomplete or cannot be, no step of the
            mediator, or a warm-up below zero.
    """
    ends = pi_schedule.checked("mediated_js", pi, pi_steps)
    require(
        mediator_steps >= 1,
        f"mediated_js: mediator_steps={mediator_steps} should be at least 1.",
    )
    require(
        mediator_warmup >= 0,
        f"mediated_js: mediator_warmup={mediator_warmup} should be at least 0.",
    )
    return MediatedJS(ends, pi_steps, generator_loss, future, mediator_steps, mediator_warmup)
