"""The density ratio alone: a discriminator trained to the end, the generator fixed.

P is the distribution of the data, Q the generator, which stays as it is, 0 < π < 1 the weight of P.

    r  = log P - log Q                  the log density ratio, which a logit estimates
    d  = r + log(π / (1 - π))

    loss = π E_P[softplus(-d)] + (1 - π) E_Q[softplus(d)]
    H(π) - loss ≤ JS_π[P‖Q], with equality for the true r

With `--init_from=RUN` the generator is that of another run, and the ratio refines its samples: see
the sampler `refine`.

Source: M. Gutmann and A. Hyvärinen, "Noise-Contrastive Estimation" (2010), section 2; on texts:
Y. Deng et al., "Residual Energy-Based Models for Text Generation", arXiv 2004.11714 (2020).
"""

import tensorflow as tf
from keras import ops

from zoo.divergences import binary_entropy
from zoo.objectives.base import mixture, pi_schedule
from zoo.objectives.base.contracts import FixedGeneratorObjective
from zoo.objectives.base.regularisation import GradientPenalty


class DensityRatio(FixedGeneratorObjective):
    """Training of the log density ratio by the π-weighted cross-entropy of data and samples.

    Attributes:
        pi: π, the weight of the data.
        gradient_penalty: see `DiscriminatorObjective`.
    """

    def __init__(self, pi: float, gradient_penalty: GradientPenalty):
        self.pi, self.gradient_penalty = pi, gradient_penalty

    def discriminator_loss(
        self, real_logits: tf.Tensor, generated_logits: tf.Tensor, step: int | tf.Tensor
    ):
        """H(π) less a lower bound of JS_π, a scalar; minimal where the logits are r.

        Args:
            real_logits: float [num_real, ...].
            generated_logits: float [num_generated, ...].
            step: has no effect.
        """
        del step
        shift = mixture.log_odds(self.pi, real_logits.dtype)
        return mixture.cross_entropy(real_logits + shift, generated_logits + shift, self.pi)

    def log_density_ratio(self, logits: tf.Tensor, step: int | tf.Tensor):
        """The estimate of r = log P - log Q in nats: the logits themselves."""
        del step
        return logits

    def divergence_bound(
        self, real_logits: tf.Tensor, generated_logits: tf.Tensor, step: int | tf.Tensor
    ):
        """A lower bound of JS_π[P‖Q] in nats; see `EstimatesDensityRatio.divergence_bound`."""
        entropy = ops.cast(binary_entropy(self.pi), real_logits.dtype)
        return entropy - self.discriminator_loss(real_logits, generated_logits, step)


def build(*, pi: float = 0.5, r1: float = 0.0) -> DensityRatio:
    """Training of the density ratio, with the generator fixed.

    Args:
        pi: the weight of the data, between 0 and 1, both excluded: the discriminator is trained to
            raise its lower bound of JS_π.
        r1: see `generalised_js`; 0: none. A penalty makes the discriminator flatter than the
            ratio.

    Raises:
        SpecError: π outside (0, 1), or a penalty below zero.
    """
    pi_schedule.checked("density_ratio", pi, 0)
    return DensityRatio(pi, GradientPenalty(float(r1)))
