"""The two networks of adversarial training: one turns noise into images, one judges images."""

import dataclasses
import math

import keras
import tensorflow as tf

from zoo import randomness
from zoo.errors import require

_HALF_WIDTH = math.sqrt(3)  # of the uniform distribution with mean 0 and variance 1


@dataclasses.dataclass(frozen=True)
class Pair:
    """What plays the game.

    Attributes:
        generator: the model Q.
        discriminator: the judge of data and samples.
    """

    generator: "Generator"
    discriminator: "Discriminator"

    def networks(self) -> dict[str, keras.Model]:
        """The networks that the model consists of, by their roles."""
        return {"generator": self.generator, "discriminator": self.discriminator}


def refuse_labels(example, name: str) -> None:
    """Raises SpecError if the data come with labels, which this pair would not look at."""
    require(
        example.num_classes == 0,
        f"{name} draws images of all classes alike; the data are {example}. Leave labels out.",
    )


class Generator(keras.Model):
    """A density Q on images that can be sampled, and not evaluated: decode(z), with z noise.

    Attributes:
        latent_size: the number of components of z, which are independent.
        prior: their distribution, of mean 0 and variance 1: "normal" or "uniform".
        network: a built layer, float [batch, latent_size] -> float32 images [batch, height,
            width, channels] in [0, 1].
    """

    ESTIMATOR = "pathwise()"  # what carries an adversarial gradient where nothing else is asked

    def __init__(self, network: keras.Model, latent_size: int, prior: str = "normal", **kwargs):
        super().__init__(**kwargs)
        self.network, self.latent_size, self.prior = network, latent_size, prior
        self.built = True

    def call(self, latent, training=False):
        """The same as `decode`."""
        return self.network(latent, training=training)

    def decode(self, latent, training: bool = False):
        """The images of latents.

        Args:
            latent: float [batch, latent_size].
            training: whether batch normalisation uses and records the statistics of this batch,
                which makes an image depend on its neighbours.

        Returns:
            float32 [batch, height, width, channels] in [0, 1], differentiable in `latent` and
            in the weights.
        """
        return self(latent, training=training)

    def sample(self, key, count: int, training: bool = True):
        """`count` images drawn by one key, int64 [2]; for `training` see `decode`."""
        return self.decode(self.latents(key, count), training=training)

    def generate(self, seeds):
        """An image for each seed, int64 [batch], whatever seeds stand beside it."""
        return self.decode(self.latents_of(seeds))

    def examples(self, seeds):
        """What `generate` draws, as the data gives its examples."""
        return self.generate(seeds)

    def latents(self, key, count: int):
        """Draws from the prior by one key, float32 [count, latent_size]."""
        return _PRIORS[self.prior](
            [count, self.latent_size], seed=key, dtype=tf.float32, alg=randomness.ALGORITHM
        )

    def latents_of(self, seeds):
        """A draw from the prior for each seed, float32 [batch, latent_size]."""
        return randomness.rows(_PRIORS[self.prior], seeds, "latent", [self.latent_size])


class Discriminator(keras.Model):
    """A judge of images: what its logits estimate is for the objective to say.

    Attributes:
        stages: built layers, from float images [batch, height, width, channels] in [0, 1] to
            float32 [batch, 1], each on the output of the one before.
        dropout_rates: the share of its inputs that each stage is denied.
    """

    def __init__(self, stages: list, dropout_rates: list[float], **kwargs):
        super().__init__(**kwargs)
        self.stages, self.dropout_rates = list(stages), list(dropout_rates)
        self.built = True

    def call(self, images, key=None, training=False):
        """The logits of images, float32 [batch].

        Args:
            images: float [batch, height, width, channels] in [0, 1].
            key: int64 [2]: dropout is on, and drawn by this key. None: dropout is off.
            training: whether layers with spectral normalisation take a step towards the norm
                of their kernel first. It has no other effect.
        """
        return self.judge(images, key, training)[:, 0]

    def judge(self, images, key=None, training=False):
        """The logits of `call` as float32 [batch, times], for `zoo.trainers.adversarial`.

        Discriminators of sequences judge their beginnings too; images have one time.
        """
        hidden = images
        for number, (stage, rate) in enumerate(zip(self.stages, self.dropout_rates, strict=True)):
            if key is not None and rate > 0:
                hidden = _dropout(hidden, rate, randomness.fold(key, number))
            hidden = stage(hidden, training=training)
        return hidden


def _dropout(inputs, rate, key):
    return tf.nn.experimental.stateless_dropout(
        inputs, rate, seed=key, rng_alg=randomness.ALGORITHM
    )


def _uniform(shape, seed, dtype, alg):
    return tf.random.stateless_uniform(
        shape, seed=seed, minval=-_HALF_WIDTH, maxval=_HALF_WIDTH, dtype=dtype, alg=alg
    )


_PRIORS = {"normal": tf.random.stateless_normal, "uniform": _uniform}
