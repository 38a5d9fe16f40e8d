"""One isotropic Gaussian: the smallest model on which objectives can be told apart.

Source: F. Huszár (2015), arXiv 1511.05101, figure 1.
"""

import math

import keras
import numpy as np
import tensorflow as tf

from zoo import domains
from zoo.errors import require
from zoo.models.base.capabilities import Likelihood
from zoo.models.base.discriminator import ProjectionDiscriminator
from zoo.models.base.latent_generator import LatentGenerator
from zoo.models.base.pair import LatentPair
from zoo.models.layers import float32_sums


def build(
    domain: domains.Points,
    *,
    mean: list[float] | None = None,
    std: float = 1.0,
    discriminator_units: int = 64,
) -> LatentPair:
    """A Gaussian, and a discriminator with two hidden layers of SiLU units.

    The best discriminator of a Gaussian and a mixture of Gaussians is smooth, and so is this one.

    Args:
        domain: the domain, points of any dimension.
        mean: the initial mean; None: zero.
        std: the initial standard deviation of each coordinate.
        discriminator_units: the number of units of each hidden layer of the discriminator.

    Raises:
        SpecError: a mean of another dimension or not finite, a deviation that is not above zero
            and finite, or no units.
    """
    mean = [0.0] * domain.dimension if mean is None else list(mean)
    require(
        len(mean) == domain.dimension and all(map(math.isfinite, mean)),
        f"gaussian: mean={mean} should be {domain.dimension} finite numbers, since the data are "
        f"{domain}.",
    )
    require(0 < std < math.inf, f"gaussian: std={std} should be above 0 and finite.")
    require(
        discriminator_units >= 1,
        f"gaussian: discriminator_units={discriminator_units} should be at least 1.",
    )
    scorer = _scorer(domain.dimension, discriminator_units)
    return LatentPair(
        Gaussian(mean, std), ProjectionDiscriminator([scorer], [0], name="discriminator")
    )


class Gaussian(LatentGenerator, Likelihood):
    """Q = N(mean, std² I), drawn as mean + std z with z standard normal.

    Args:
        mean: the initial mean, [dimension].
        std: the initial standard deviation of each coordinate.
    """

    def __init__(self, mean: list[float], std: float):
        super().__init__(_Affine(mean, std), len(mean), prior="normal", name="generator")

    @property
    def mean(self) -> np.ndarray:
        """The mean, float64 [dimension]."""
        return self.network.mean.numpy().astype(np.float64)

    @property
    def std(self) -> float:
        """The standard deviation of each coordinate."""
        return math.exp(float(self.network.log_std.numpy()))

    def log_prob(self, values: tf.Tensor, labels: tf.Tensor | None = None):
        """Log-density log Q(x) in nats, float32 [batch], of points float [batch, dimension]."""
        del labels
        latent = self.network.invert(values)
        log_volume = self.latent_size * (self.network.log_std + math.log(2 * math.pi) / 2)
        return -tf.reduce_sum(tf.square(latent), axis=-1) / 2 - log_volume


class _Affine(keras.layers.Layer):
    """mean + std z: one deviation for all coordinates, kept as its logarithm."""

    def __init__(self, mean, std):
        super().__init__(dtype="float32", name="affine")
        constant = keras.initializers.Constant
        self.mean = self.add_weight((len(mean),), constant(np.float32(mean)), name="mean")
        self.log_std = self.add_weight((), constant(math.log(std)), name="log_std")
        self.built = True

    def call(self, latent: tf.Tensor, training: bool = False):
        """Points float32 [batch, dimension] of latents of the same shape."""
        del training
        return self.mean + tf.exp(self.log_std) * latent

    def invert(self, points: tf.Tensor):
        """Latents of points."""
        return (tf.cast(points, tf.float32) - self.mean) * tf.exp(-self.log_std)


def _scorer(dimension, units):
    return keras.Sequential(
        [
            keras.Input([dimension]),
            float32_sums.Dense(units, activation="silu"),
            float32_sums.Dense(units, activation="silu"),
            float32_sums.Dense(1, dtype="float32"),
        ],
        name="scorer",
    )
