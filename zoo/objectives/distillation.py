"""Distillation: a student learns the next-token distributions of a teacher.

T is the teacher, a trained model, and S the student. After each prefix that is read, the student
is moved towards what the teacher predicts there,

    L = E[Σ_t D_t],    D_t = JS_π[T(·|x_{<t})‖S(·|x_{<t})] / (π(1 - π))

with prefixes of data, of the student's own samples, or of both. Unlike in scheduled sampling the
target is right for the prefix that was read: a student that can be the teacher becomes it, for
every π and every mixture of prefixes.

Source: R. Agarwal et al., "On-Policy Distillation of Language Models" (GKD), arXiv 2306.13649
(2023), algorithm 1; the divergence is equation 12 of F. Huszár (2015), arXiv 1511.05101.
"""

import tensorflow as tf

from zoo import divergences
from zoo.errors import require
from zoo.functional import score_function
from zoo.objectives.base.contracts import DistillationObjective
from zoo.spec import Trained


class GeneralisedJSDistillation(DistillationObjective):
    """Distillation by the generalised JS divergence of next-token distributions.

    Attributes:
        teacher: see `DistillationObjective`.
        own: see `DistillationObjective`.
        future: see `DistillationObjective`.
    """

    def __init__(self, teacher: str, pi: float, own: float, future: bool):
        self.teacher, self.own, self.future, self._pi = teacher, own, future, pi

    def divergence(self, log_t: tf.Tensor, log_s: tf.Tensor):
        """JS_π / (π(1 - π)), or the Kullback-Leibler divergence that it tends to.

        Args:
            log_t: log T(·|x_{<t}), float32 [batch, time, vocabulary size].
            log_s: log S(·|x_{<t}), of the same shape.

        Returns:
            Nats, float32 [batch, time].
        """
        if self._pi == 0:
            return divergences.kl(log_t, log_s)
        if self._pi == 1:
            return divergences.reverse_kl(log_t, log_s)
        return divergences.generalised_js(log_t, log_s, self._pi, "normalised")

    def loss(
        self, nats: tf.Tensor, log_probs: tf.Tensor | None, token_mask: tf.Tensor, num_own: int
    ):
        """The mean divergence per token, and what the student's own tokens do to later ones.

        With `future` the last `num_own` texts also have the gradient, with a baseline b,

            Σ_t (Σ_{s>t} D_s - b_t) ∇ log S(x_t | x_{<t}),

        which makes it that of the expectation over the student's texts, E_S[Σ_t D_t].

        Args:
            nats: D_t, float32 [batch, time].
            log_probs: log S(x_t | x_{<t}) of the last `num_own` texts, as they were drawn,
                float32 [num_own, time]; None: `future` is not set.
            token_mask: float32 [batch, time], 0 after the end of a text.
            num_own: the number of texts that the student has drawn, the last ones.

        Returns:
            float32 []; a mean over all positions, as the loss of maximum likelihood is.
        """
        nats = token_mask * nats
        loss = tf.reduce_mean(nats)
        if log_probs is None:
            return loss
        later = tf.cumsum(nats[-num_own:], axis=-1, exclusive=True, reverse=True)
        costs = later - score_function.leave_one_out(later)
        own = score_function.surrogate(token_mask[-num_own:] * log_probs, costs)
        return loss + own * num_own / tf.cast(tf.size(nats), tf.float32)


def build(
    *, teacher: Trained, pi: float = 0.5, own: float = 0.0, future: bool = False
) -> GeneralisedJSDistillation:
    """Distillation of a sequence model from another one of the same tokens.

    Args:
        teacher: the run folder of the teacher, or the name or address of a published model.
        pi: the weight of the teacher in JS_π, in [0, 1]. 0 is the forward KL[T‖S], by which the
            student covers all that the teacher does; 1 the reverse KL[S‖T], by which it keeps to
            what the teacher finds likely.
        own: the share of each batch whose prefixes the student draws itself, in [0, 1]; the others
            are data. 1 is on-policy distillation.
        future: whether a token that the student draws is also credited with the divergences after
            it, by the score function. Without, the gradient has less variance, and a student that
            cannot be the teacher ends elsewhere than at the least divergence of whole sequences.
            With it the student has no dropout: the score is that of samples drawn without.

    Raises:
        SpecError: `pi` or `own` is not in [0, 1], or `future` without prefixes of its own.
    """
    for name, value in (("pi", pi), ("own", own)):
        require(0 <= value <= 1, f"distillation: {name}={value} should be in [0, 1].")
    require(
        own > 0 or not future,
        "distillation: future=True credits the student's own tokens: give own above 0, such as 1.",
    )
    return GeneralisedJSDistillation(teacher, float(pi), float(own), future)
