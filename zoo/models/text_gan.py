"""A sequence model of texts, and a discriminator that scores them token by token.

The generator is any autoregressive model of the zoo, the same network that maximum likelihood
trains: it has a likelihood, and is measured as such.

Source: L. Yu et al., "SeqGAN", arXiv 1609.05473 (2016), whose discriminator is the convolutional
one of Y. Kim, arXiv 1408.5882 (2014); C. de Masson d'Autume et al., "Training Language GANs from
Scratch", arXiv 1905.09922 (2019), section 4, whose recurrent one has a logit at each time.
Otherwise than there: both have one, and the highway layer of SeqGAN and the layer normalisation of
the other are a plain layer.
"""

from typing import Literal

from zoo import domains
from zoo.errors import require
from zoo.models.base import nested
from zoo.models.base.pair import TextPair
from zoo.models.base.text_discriminator import TextDiscriminator

Discriminator = Literal["convolutional", "recurrent"]


def build(
    domain: domains.Text,
    *,
    generator: str = "lstm(units=32, layers=1)",
    discriminator: Discriminator = "convolutional",
    width: int = 64,
    layers: int = 1,
    dropout: float = 0.0,
) -> TextPair:
    """A generator of texts and a discriminator.

    Args:
        domain: the domain.
        generator: the spec of an autoregressive model, as a quoted string.
        discriminator: "convolutional": n-grams that a text holds so far; "recurrent": LSTM layers.
        width: the number of features of the discriminator's layers (of convolutions: of each of
            their five kernel sizes).
        layers: the number of convolutional or LSTM layers of the discriminator.
        dropout: the dropout rate of these layers' features in training.

    Raises:
        SpecError: a generator that is no autoregressive model of texts, sizes below 1, or dropout
            outside [0, 1).
    """
    for name, size in (("width", width), ("layers", layers)):
        require(size >= 1, f"text_gan: {name}={size} should be at least 1.")
    require(0 <= dropout < 1, f"text_gan: dropout={dropout} should be at least 0 and below 1.")
    network = nested.autoregressive(generator, domain, "text_gan")
    return TextPair(network, TextDiscriminator(domain, discriminator, width, layers, dropout))
