"""A sequence model of texts, and a discriminator that is a likelihood ratio.

A discriminator that is trained to tell texts apart has to find the difference of two distributions
from labels alone. Language models learn each distribution from every token, and their ratio is the
logit of the best discriminator: the better the model of the data, the more it proves, before the
first update.

Source: M. Gutmann and A. Hyvärinen, "Noise-Contrastive Estimation" (2010), whose discriminator
holds a model of the data and the density of the noise; as a game with a generator, I. Goodfellow,
"On distinguishability criteria for estimating generative models", arXiv 1412.6515 (2014).
Otherwise than there: the second density is that of a model, which is trained as well.
"""

from zoo import domains
from zoo.models.base import nested
from zoo.models.base.likelihood_ratio import LikelihoodRatio
from zoo.models.base.pair import TextPair


def build(
    domain: domains.Text,
    *,
    generator: str = "lstm(units=32, layers=1)",
    data_model: str | None = None,
) -> TextPair:
    """A generator of texts, and a discriminator of two language models.

    The model of the samples is like the generator, and takes over its weights with `--init_from`.
    That of the data takes over those of a language model with `--init_discriminator_from`, and
    without it those of the generator where it is like it: its logits are then 0 at first.

    Args:
        domain: the domain.
        generator: the spec of an autoregressive model, as a quoted string.
        data_model: the same, for the model of the data; None: that of the generator.

    Raises:
        SpecError: a generator or a model of the data that is no autoregressive model of texts.
    """
    specs = generator, data_model or generator, generator
    network, of_data, of_samples = (
        nested.autoregressive(text, domain, "likelihood_ratio_gan") for text in specs
    )
    return TextPair(network, LikelihoodRatio(of_data, of_samples, alike=data_model is None))
