"""The fully connected generator and maxout discriminator of the first GAN.

Source: I. Goodfellow et al., "Generative Adversarial Networks", arXiv 1406.2661 (2014),
section 5, with the sizes that the authors published as `mnist.yaml` in
github.com/goodfeli/adversarial.
As there: noise of 100 components uniform on (-√3, √3); two hidden layers of 1200 rectified
units and a sigmoid; two maxout layers of 240 units with 5 pieces and one logit; dropout of 20 %
of the discriminator's pixels and 50 % of its hidden units; weights drawn uniformly from
(-0.05, 0.05) in the generator and (-0.005, 0.005) in the discriminator.
Otherwise than there: the bias of the generator's last layer starts at 0 and not at the logits
of the mean image, since a network does not see data before it is trained.
Maxout: I. Goodfellow et al., arXiv 1302.4389 (2013).
"""

import math

import keras

from zoo import domains
from zoo.errors import require
from zoo.models.base.discriminator import ProjectionDiscriminator
from zoo.models.base.latent_generator import LatentGenerator, num_inputs
from zoo.models.base.pair import LatentPair
from zoo.models.layers import float32_sums
from zoo.models.layers import spectral_normalisation as spectral


def build(
    domain: domains.Image,
    *,
    width: int = 1200,
    latent_size: int = 100,
    maxout_units: int = 240,
    maxout_pieces: int = 5,
    dropout: bool = True,
    spectral_normalisation: bool = False,
) -> LatentPair:
    """A generator and a discriminator with two hidden layers each.

    Args:
        domain: the domain, images of any shape.
        width: the number of units of each hidden layer of the generator.
        latent_size: the number of components of the noise.
        maxout_units: the number of units of each hidden layer of the discriminator.
        maxout_pieces: the number of linear functions that each of those is the maximum of.
        dropout: whether the discriminator is trained with dropout; a density ratio estimated
            without it can be sharper, and overfits sooner.
        spectral_normalisation: whether the discriminator's kernels are divided by their norms.

    Raises:
        SpecError: sizes that cannot be.
    """
    for name, size in {
        "width": width,
        "latent_size": latent_size,
        "maxout_units": maxout_units,
        "maxout_pieces": maxout_pieces,
    }.items():
        require(size >= 1, f"mlp_gan: {name}={size} should be at least 1.")
    layers = spectral if spectral_normalisation else float32_sums
    classes = domain.num_classes
    network = _generator(domain.shape, width, num_inputs(domain, latent_size))
    stages = _discriminator(domain.shape, maxout_units, maxout_pieces, layers, 1 + classes)
    rates = [0.2, 0.5, 0.5] if dropout else [0, 0, 0]
    return LatentPair(
        LatentGenerator(network, latent_size, "uniform", classes, name="generator"),
        ProjectionDiscriminator(stages, rates, name="discriminator"),
    )


def _generator(shape, width, inputs):
    return keras.Sequential(
        [
            keras.Input([inputs]),
            float32_sums.Dense(width, activation="relu", **_uniform(0.05)),
            float32_sums.Dense(width, activation="relu", **_uniform(0.05)),
            float32_sums.Dense(math.prod(shape), **_uniform(0.05)),
            keras.layers.Activation("sigmoid", dtype="float32"),
            keras.layers.Reshape(shape, dtype="float32"),
        ],
        name="decoder",
    )


def _discriminator(shape, units, pieces, layers, outputs):
    """Three stages, since dropout comes before each of them."""

    def maxout(shape, name):
        return keras.Sequential(
            [
                keras.Input(shape),
                keras.layers.Flatten(),
                layers.Dense(pieces * units, **_uniform(0.005)),
                keras.layers.Reshape((pieces, units)),
                keras.layers.GlobalMaxPooling1D(),
            ],
            name=name,
        )

    logit = keras.Sequential(
        [keras.Input([units]), layers.Dense(outputs, dtype="float32", **_uniform(0.005))],
        name="logit",
    )
    return [maxout(shape, "maxout_1"), maxout([units], "maxout_2"), logit]


def _uniform(limit):
    """A new initializer for each layer, since it draws its one seed as it is made."""
    return {"kernel_initializer": keras.initializers.RandomUniform(-limit, limit)}
