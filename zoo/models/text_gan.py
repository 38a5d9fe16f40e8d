"""An autoregressive generator of texts, and a discriminator that judges them symbol by symbol.

The generator is any autoregressive model of the zoo, the same network that maximum likelihood
trains: it has a likelihood, and is measured as such.

Source: L. Yu et al., "SeqGAN", arXiv 1609.05473 (2016), whose discriminator is the convolutional
one of Y. Kim, arXiv 1408.5882 (2014); C. de Masson d'Autume et al., "Training Language GANs from
Scratch", arXiv 1905.09922 (2019), section 4, whose recurrent one has a verdict at each time.
Otherwise than there: both have one, and the highway layer of SeqGAN and the layer normalisation of
the other are a plain layer.
"""

from typing import Literal

from zoo import domains
from zoo.errors import require
from zoo.models.base import nested
from zoo.models.base.implicit import Pair
from zoo.models.base.text_discriminator import TextDiscriminator

ACCEPTS = {"text"}
TRAINERS = {"adversarial"}

Discriminator = Literal["convolutional", "recurrent"]


def build(
    example: domains.Text,
    *,
    generator: str = "lstm(units=32, layers=1)",
    discriminator: Discriminator = "convolutional",
    width: int = 64,
    layers: int = 1,
    dropout: float = 0.0,
) -> Pair:
    """A generator of texts and a discriminator.

    Args:
        example: what one text is.
        generator: the spec of an autoregressive model, as a quoted string.
        discriminator: "convolutional": short stretches of symbols that a text holds so far;
            "recurrent": LSTM layers.
        width: how many features the discriminator's layers have (the convolutions: of each of
            their five lengths).
        layers: how many layers of convolutions or LSTM layers the discriminator has.
        dropout: the share of these layers' features that training sets to zero.

    Raises:
        SpecError: a generator that is no autoregressive model of texts, sizes below 1, or dropout
            outside [0, 1).
    """
    for name, size in (("width", width), ("layers", layers)):
        require(size >= 1, f"text_gan: {name}={size} should be at least 1.")
    require(0 <= dropout < 1, f"text_gan: dropout={dropout} should be at least 0 and below 1.")
    network = nested.autoregressive(generator, example, "text_gan")
    judge = TextDiscriminator(example, discriminator, width, layers, dropout)
    return Pair(network, judge)
