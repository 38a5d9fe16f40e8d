"""The gradient of E_Q[g] through a sampler that is differentiable in its weights."""

from keras import ops

NEEDS = "decode"


class Pathwise:
    """Reparametrisation: samples are G(z), with noise z whose density has no weights.

        ∇ E_Q[g(x)] = E_z[∇ g(G(z))]

    Unbiased wherever g ∘ G is differentiable almost everywhere and continuous. It needs a
    continuous sample: of a generator of symbols it would be zero.

    Attributes:
        variables: what is saved of it: nothing.

    Source: D. P. Kingma and M. Welling, "Auto-Encoding Variational Bayes", arXiv 1312.6114
    (2013), section 2.4; what every GAN of images since arXiv 1406.2661 (2014) does.
    """

    variables = ()

    def loss(self, generator, score, key, count: int, step):
        """The mean score of a batch of samples.

        Args:
            generator: what has a differentiable `sample(key, count)`.
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
