"""The convolutional generator and discriminator of DCGAN, for small images, grey or colour.

Source: A. Radford, L. Metz and S. Chintala, "Unsupervised Representation Learning with Deep
Convolutional Generative Adversarial Networks", arXiv 1511.06434 (2015).
As there: strided convolutions in place of pooling, no hidden dense layers, batch normalisation
and ReLU in the generator, LeakyReLU(0.2) in the discriminator.
Otherwise than there: two doublings for 28×28 in place of four for 64×64; kernels of 4×4, which
their stride divides, in place of 5×5, so that no pixel is covered more often than its
neighbour; a sigmoid in place of tanh, for images in [0, 1]; no batch normalisation in the
discriminator, whose logit of an image should not depend on the others of the batch; kernels
drawn by X. Glorot and Y. Bengio (2010) in place of N(0, 0.02²), from where the saturating
generator losses find it hard to leave the grey image.
"""

import math

import keras

from zoo import domains
from zoo.models.base.convolutional import build_documented, normalisation, pair
from zoo.models.base.pair import LatentPair
from zoo.models.layers import float32_sums
from zoo.models.layers.leaky_relu import LeakyReLU

STRIDED = {"strides": 2, "padding": "same"}


@build_documented(
    width="the number of channels at half resolution; there are twice as many at a quarter."
)
def build(
    domain: domains.Image,
    *,
    width: int = 64,
    latent_size: int = 100,
    discriminator_width: int | None = None,
    spectral_normalisation: bool = False,
) -> LatentPair:
    """A generator and a discriminator with two strided convolutions each."""
    sizes = width, latent_size, discriminator_width
    return pair("dcgan", domain, *sizes, spectral_normalisation, _generator, _discriminator)


def _generator(shape, width, inputs):
    height, breadth, channels = shape
    coarse = (height // 4, breadth // 4, 2 * width)
    return keras.Sequential(
        [
            keras.Input([inputs]),
            # A bias in front of batch normalisation would be subtracted again.
            float32_sums.Dense(math.prod(coarse), use_bias=False),
            keras.layers.Reshape(coarse),
            normalisation(),
            keras.layers.ReLU(),
            float32_sums.Conv2DTranspose(width, 4, use_bias=False, **STRIDED),
            normalisation(),
            keras.layers.ReLU(),
            float32_sums.Conv2DTranspose(channels, 4, **STRIDED),
            keras.layers.Activation("sigmoid", dtype="float32"),
        ],
        name="decoder",
    )


def _discriminator(shape, width, layers, outputs):
    return keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Rescaling(2.0, offset=-1.0),  # to [-1, 1]
            layers.Conv2D(width, 4, **STRIDED),
            LeakyReLU(0.2),
            layers.Conv2D(2 * width, 4, **STRIDED),
            LeakyReLU(0.2),
            keras.layers.Flatten(),
            layers.Dense(outputs, dtype="float32"),
        ],
        name="scorer",
    )
