"""A residual generator and discriminator, for small images, grey or colour.

Source: I. Gulrajani et al., "Improved Training of Wasserstein GANs", arXiv 1704.00028 (2017),
appendix F, the networks for CIFAR-10; T. Miyato et al., "Spectral Normalization for Generative
Adversarial Networks", arXiv 1802.05957 (2018), table 4, the same with spectral normalisation.
As there: blocks of two 3×3 convolutions beside a shortcut of 1×1; upsampling by nearest
neighbours in front of convolutions and average pooling behind them; ReLU, in front of
convolutions; batch normalisation in the generator only; no activation before the first
convolution of the discriminator.
Otherwise than there: the discriminator's last layer sees the features of all places in place of
their mean or sum, from which digits and their classes were learned far more slowly; two doublings
for 28×28 from 7×7, for 32×32 from 8×8, in place of three from 4×4; fewer channels, and fewer where
there are many places; three discriminator blocks in place of four; a sigmoid in place of tanh, for
images in [0, 1].
"""

import math

import keras

from zoo import domains
from zoo.models.base.convolutional import build_documented, normalisation, pair
from zoo.models.base.pair import LatentPair
from zoo.models.layers import float32_sums


@build_documented(width="the number of channels at full resolution; there are twice as many below.")
def build(
    domain: domains.Image,
    *,
    width: int = 24,
    latent_size: int = 100,
    discriminator_width: int | None = None,
    spectral_normalisation: bool = False,
) -> LatentPair:
    """A generator with two residual blocks and a discriminator with three."""
    sizes = width, latent_size, discriminator_width
    return pair("resnet_gan", domain, *sizes, spectral_normalisation, _generator, _discriminator)


def _generator(shape, width, inputs):
    height, breadth, channels = shape
    coarse = (height // 4, breadth // 4, 2 * width)
    latent = keras.Input([inputs])
    hidden = keras.layers.Reshape(coarse)(float32_sums.Dense(math.prod(coarse))(latent))
    hidden = _up(_up(hidden, 2 * width), width)
    hidden = _activated(hidden)
    image = _convolution(float32_sums, channels)(hidden)
    image = keras.layers.Activation("sigmoid", dtype="float32")(image)
    return keras.Model(latent, image, name="decoder")


def _discriminator(shape, width, layers, outputs):
    image = keras.Input(shape)
    hidden = keras.layers.Rescaling(2.0, offset=-1.0)(image)  # to [-1, 1]
    hidden = _down(hidden, width, layers, first=True)
    hidden = _down(hidden, 2 * width, layers)
    hidden = _flat(hidden, layers)
    features = keras.layers.Flatten()(keras.layers.ReLU()(hidden))
    logits = layers.Dense(outputs, dtype="float32")(features)
    return keras.Model(image, logits, name="scorer")


def _up(inputs, channels):
    """A block that doubles the resolution."""
    hidden = _activated(inputs)
    hidden = _convolution(float32_sums, channels)(keras.layers.UpSampling2D()(hidden))
    hidden = _convolution(float32_sums, channels)(_activated(hidden))
    # The same as a convolution after upsampling, at a quarter of the cost.
    shortcut = keras.layers.UpSampling2D()(_convolution(float32_sums, channels, 1)(inputs))
    return keras.layers.Add()([hidden, shortcut])


def _down(inputs, channels, layers, first=False):
    """A block that halves the resolution; the first sees an image, which is not rectified."""
    hidden = inputs if first else keras.layers.ReLU()(inputs)
    hidden = keras.layers.ReLU()(_convolution(layers, channels)(hidden))
    hidden = keras.layers.AveragePooling2D(2)(_convolution(layers, channels)(hidden))
    # The same as pooling after a convolution, at a quarter of the cost.
    shortcut = _convolution(layers, channels, 1)(keras.layers.AveragePooling2D(2)(inputs))
    return keras.layers.Add()([hidden, shortcut])


def _flat(inputs, layers):
    """A block that keeps resolution and channels, so that its shortcut is the identity."""
    channels = inputs.shape[-1]
    hidden = _convolution(layers, channels)(keras.layers.ReLU()(inputs))
    hidden = _convolution(layers, channels)(keras.layers.ReLU()(hidden))
    return keras.layers.Add()([hidden, inputs])


def _convolution(layers, channels, size=3):
    return layers.Conv2D(channels, size, padding="same")


def _activated(inputs):
    return keras.layers.ReLU()(normalisation()(inputs))
