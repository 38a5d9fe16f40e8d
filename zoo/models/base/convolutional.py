"""Convolutional pairs for small images: everything but the two networks."""

import functools
import types
from collections.abc import Callable

import keras

from zoo import domains
from zoo.errors import require
from zoo.models.base.discriminator import ProjectionDiscriminator
from zoo.models.base.latent_generator import LatentGenerator, num_inputs
from zoo.models.base.pair import LatentPair
from zoo.models.base.shared_arguments import documented
from zoo.models.layers import batch_normalisation, float32_sums
from zoo.models.layers import spectral_normalisation as spectral

ARGUMENTS = {
    "domain": "the domain, images whose height and width are multiples of 4.",
    "latent_size": "the number of components of the noise, which is standard normal.",
    "discriminator_width": "`width` of the discriminator, where the generator's is another; None: "
    "the same.",
    "spectral_normalisation": "whether the discriminator's kernels are divided by their norms.",
}
build_documented = functools.partial(documented, ARGUMENTS, "sizes that cannot be.")


def pair(
    name: str,
    domain: domains.Image,
    width: int,
    latent_size: int,
    discriminator_width: int | None,
    spectral_normalisation: bool,
    generator: Callable[[tuple[int, int, int], int, int], keras.Model],
    discriminator: Callable[[tuple[int, int, int], int, types.ModuleType, int], keras.Model],
) -> LatentPair:
    """A generator that doubles the resolution twice, and a discriminator that halves it twice.

    Args:
        name: the model's name.
        domain: see `ARGUMENTS`.
        width: the number of channels of the networks, in their unit.
        latent_size: see `ARGUMENTS`.
        discriminator_width: see `ARGUMENTS`.
        spectral_normalisation: see `ARGUMENTS`.
        generator: a function of the image's shape, `width` and the number of inputs to a built
            network, see `LatentGenerator`.
        discriminator: a function of the image's shape, `width`, the module to take layers with
            kernels from, and the number of outputs to a built network, see
            `ProjectionDiscriminator`.

    Raises:
        SpecError: sizes that cannot be.
    """
    height, breadth, _ = domain.shape
    require(
        height % 4 == breadth % 4 == 0,
        f"{name} halves the resolution twice, so height and width should be divisible by 4, "
        f"unlike these {domain}; mlp_gan takes any shape.",
    )
    of_discriminator = width if discriminator_width is None else discriminator_width
    require(width >= 1, f"{name}: width={width} should be at least 1.")
    require(
        of_discriminator >= 1,
        f"{name}: discriminator_width={discriminator_width} should be at least 1.",
    )
    require(latent_size >= 1, f"{name}: latent_size={latent_size} should be at least 1.")
    layers, classes = spectral if spectral_normalisation else float32_sums, domain.num_classes
    decoder = generator(domain.shape, width, num_inputs(domain, latent_size))
    scorer = discriminator(domain.shape, of_discriminator, layers, 1 + classes)
    return LatentPair(
        LatentGenerator(decoder, latent_size, num_classes=classes, name="generator"),
        ProjectionDiscriminator([scorer], [0], name="discriminator"),
    )


def normalisation() -> keras.layers.Layer:
    """Batch normalisation, whose inference statistics follow the weights within tens of steps."""
    return batch_normalisation.BatchNormalization(momentum=0.9)
