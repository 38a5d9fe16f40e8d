"""The two networks of adversarial training: one turns noise into images, one judges images."""

import dataclasses
import math

import keras
import tensorflow as tf

from zoo import randomness
from zoo.batch import Batch
from zoo.errors import require

_HALF_WIDTH = math.sqrt(3)  # of the uniform distribution with mean 0 and variance 1
_CLASS = 0  # the number of the key that classes are drawn by


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


def num_inputs(example, latent_size: int) -> int:
    """How many numbers the network of a `Generator` takes: the noise, and one for each class."""
    return latent_size + example.num_classes


class Generator(keras.Model):
    """A density Q on images that can be sampled, and not evaluated: decode(z), with z noise.

    Where the data come with labels, Q is a density on pairs of an image and its class: classes
    are uniform, and the image is decode(z, class), from the noise joined to a 1 in the place of
    the class and 0 in those of the others. (With a learned vector of the class as long as the
    noise, images of a class came out alike: its many weights move together, and drown the noise.)

    Source of the condition: M. Mirza and S. Osindero, "Conditional Generative Adversarial Nets",
    arXiv 1411.1784 (2014), section 3.2.

    Attributes:
        latent_size: the number of components of z, which are independent.
        prior: their distribution, of mean 0 and variance 1: "normal" or "uniform".
        num_classes: how many classes there are; 0: the data come without labels.
        network: a built layer, float [batch, `num_inputs`] -> float32 images [batch, height,
            width, channels] in [0, 1].
    """

    ESTIMATOR = "pathwise()"  # what carries an adversarial gradient where nothing else is asked

    def __init__(self, network, latent_size: int, prior: str = "normal", num_classes=0, **kwargs):
        super().__init__(**kwargs)
        self.network, self.latent_size, self.prior = network, latent_size, prior
        self.num_classes = num_classes
        self.built = True

    def call(self, latent, labels=None, training=False):
        """The same as `decode`."""
        if labels is not None:
            chosen = tf.one_hot(labels, self.num_classes, dtype=latent.dtype)
            latent = tf.concat([latent, chosen], axis=-1)
        return self.network(latent, training=training)

    def decode(self, latent, labels=None, training: bool = False):
        """The images of latents.

        Args:
            latent: float [batch, latent_size].
            labels: the classes, integers [batch], of a generator that is conditioned on them.
            training: whether batch normalisation uses and records the statistics of this batch,
                which makes an image depend on its neighbours.

        Returns:
            float32 [batch, height, width, channels] in [0, 1], differentiable in `latent` and
            in the weights.

        Raises:
            SpecError: labels are missing, or there are some and no classes.
        """
        require(
            (labels is None) == (self.num_classes == 0),
            f"The generator is conditioned on {self.num_classes} classes; it got "
            f"{'no ' if labels is None else ''}labels.",
        )
        return self(latent, labels, training=training)

    def sample(self, key, count: int, training: bool = True):
        """`count` examples drawn by one key, int64 [2], as the data gives them.

        Args:
            key: see `zoo.randomness`.
            count: how many.
            training: see `decode`.

        Returns:
            A `Batch`, with the classes where the generator is conditioned on them.
        """
        latent = self.latents(key, count)
        if self.num_classes == 0:
            return Batch(self.decode(latent, training=training))
        labels = randomness.integers(randomness.fold(key, _CLASS), [count], self.num_classes)
        return Batch(self.decode(latent, labels, training), labels)

    def generate(self, seeds, labels=None):
        """An image for each seed, whatever seeds stand beside it.

        Args:
            seeds: int64 [batch].
            labels: the classes, integers [batch], of a generator that is conditioned on them;
                None: each class in turn, from seed to seed.
        """
        if labels is None and self.num_classes:
            labels = self._in_turn(seeds)
        return self.decode(self.latents_of(seeds), labels)

    def examples(self, seeds):
        """What `generate` draws, as a `Batch`; see `sample`."""
        return Batch(self.generate(seeds), self._in_turn(seeds) if self.num_classes else None)

    def _in_turn(self, seeds):
        return tf.cast(seeds % self.num_classes, tf.int32)

    def latents(self, key, count: int):
        """Draws from the prior by one key, float32 [count, latent_size]."""
        return _PRIORS[self.prior](key, [count, self.latent_size])

    def latents_of(self, seeds):
        """A draw from the prior for each seed, float32 [batch, latent_size]."""
        return randomness.rows(_PRIORS[self.prior], seeds, "latent", [self.latent_size])


class Discriminator(keras.Model):
    """A judge of images: what its logits estimate is for the objective to say.

    Of pairs of an image x and a class y the logit is that of the image, and what the class adds,

        ψ(φ(x)) + v_y(φ(x)),    ψ and v_y affine, φ all layers but the last

    which has ψ and the functions of all classes as its outputs.
    Source: T. Miyato and M. Koyama, "cGANs with Projection Discriminator", arXiv 1802.05637
    (2018), section 3, where v_y is linear: its constant lets classes be of unlike frequency.

    Attributes:
        stages: built layers, from float images [batch, height, width, channels] in [0, 1] to
            float32 [batch, 1 + number of classes], each on the output of the one before.
        dropout_rates: the share of its inputs that each stage is denied.
    """

    def __init__(self, stages: list, dropout_rates: list[float], **kwargs):
        super().__init__(**kwargs)
        self.stages, self.dropout_rates = list(stages), list(dropout_rates)
        self.built = True

    def call(self, values, labels=None, key=None, training=False):
        """The logits of examples, float32 [batch].

        Args:
            values: images, float [batch, height, width, channels] in [0, 1].
            labels: their classes, integers [batch], where the data come with them.
            key: int64 [2]: dropout is on, and drawn by this key. None: dropout is off.
            training: whether layers with spectral normalisation take a step towards the norm
                of their kernel first. It has no other effect.
        """
        return self.prefix_logits(values, labels, key, training)[:, 0]

    def prefix_logits(self, values, labels=None, key=None, training=False):
        """The logits of `call` as float32 [batch, 1].

        Discriminators of texts have a logit for every prefix; images and points have one time.
        """
        hidden = values
        for number, (stage, rate) in enumerate(zip(self.stages, self.dropout_rates, strict=True)):
            if key is not None and rate > 0:
                hidden = _dropout(hidden, rate, randomness.fold(key, number))
            hidden = stage(hidden, training=training)
        if labels is None:
            return hidden
        chosen = tf.one_hot(labels, hidden.shape[-1] - 1, dtype=hidden.dtype)
        return hidden[:, :1] + tf.reduce_sum(chosen * hidden[:, 1:], axis=-1, keepdims=True)


def _dropout(inputs, rate, key):
    return tf.nn.experimental.stateless_dropout(
        inputs, rate, seed=key, rng_alg=randomness.ALGORITHM
    )


def _uniform(keys, shape):
    return _HALF_WIDTH * (2 * randomness.uniform(keys, shape) - 1)


_PRIORS = {"normal": randomness.normal, "uniform": _uniform}
