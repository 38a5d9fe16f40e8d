"""What convolutional pairs for small images share: everything but the two networks."""

from zoo.errors import require
from zoo.models.base.implicit import Discriminator, Generator, Pair, num_inputs
from zoo.models.layers import batch_normalisation, float32_sums
from zoo.models.layers import spectral_normalisation as spectral


def pair(name, example, width, latent_size, spectral_normalisation, generator, critic) -> Pair:
    """A generator that doubles the resolution twice, and a discriminator that halves it twice.

    Args:
        name: the model's name.
        example: the domain, a `zoo.domains.Image`, grey or colour.
        width: the number of channels of the networks' layers, in their unit.
        latent_size: the number of components of the noise, which is standard normal.
        spectral_normalisation: whether the discriminator's kernels are divided by their norms.
        generator: a function of the image's shape, `width` and the number of inputs to a built
            network, see `Generator`.
        critic: a function of the image's shape, `width`, the module to take layers with kernels
            from, and the number of outputs to a built network, see `Discriminator`.

    Raises:
        SpecError: sizes that cannot be.
    """
    height, breadth, _ = example.shape
    require(
        height % 4 == breadth % 4 == 0,
        f"{name} halves the resolution twice, so height and width should be divisible by 4, "
        f"unlike these {example}; mlp_gan takes any shape.",
    )
    require(width >= 1, f"{name}: width={width} should be at least 1.")
    require(latent_size >= 1, f"{name}: latent_size={latent_size} should be at least 1.")
    layers, classes = spectral if spectral_normalisation else float32_sums, example.num_classes
    network = generator(example.shape, width, num_inputs(example, latent_size))
    judge = critic(example.shape, width, layers, 1 + classes)
    return Pair(
        Generator(network, latent_size, num_classes=classes, name="generator"),
        Discriminator([judge], [0], name="discriminator"),
    )


def normalisation():
    """Batch normalisation, whose inference statistics follow the weights within tens of steps."""
    return batch_normalisation.BatchNormalization(momentum=0.9)
