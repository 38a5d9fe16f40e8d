"""The pathwise gradient of E_Q[g], through a sampler that is differentiable in its weights."""

from collections.abc import Callable

import tensorflow as tf
from keras import ops

from zoo.estimators.base.contracts import Estimator
from zoo.models.base.latent_generator import LatentGenerator


class Pathwise(Estimator):
    """Reparametrisation: samples are G(z), with noise z whose density has no weights.

        ∇ E_Q[g(x)] = E_z[∇ g(G(z))]

    Unbiased wherever g ∘ G is differentiable almost everywhere and continuous. It needs continuous
    samples: for a generator of tokens it would be zero.

    Source: D. P. Kingma and M. Welling, "Auto-Encoding Variational Bayes", arXiv 1312.6114
    (2013), section 2.4; what every GAN of images since arXiv 1406.2661 (2014) does.
    """

    generator_type = LatentGenerator

    def loss(
        self,
        generator: LatentGenerator,
        score: Callable,
        key: tf.Tensor,
        count: int,
        step: int | tf.Tensor,
    ) -> tf.Tensor:
        """The mean score of a batch of samples.

        Args:
            generator: draws samples that are differentiable in its weights.
            score: gives g, float [count, 1], of a batch of samples.
            key: int64 [2], see `zoo.randomness`.
            count: the number of samples.
            step: not used.

        Returns:
            A scalar of the type of the scores, whose gradient with respect to the weights of
            `generator` is an unbiased estimate of that of E_Q[g].
        """
        del step
        return ops.mean(score(generator.sample(key, count)))


def build() -> Pathwise:
    """The pathwise estimator; it has no arguments."""
    return Pathwise()
