"""Latent generators: networks that turn noise into examples."""

import functools
import math

import keras
import tensorflow as tf

from zoo import domains, randomness, replicas
from zoo.batch import Batch
from zoo.errors import require
from zoo.functional import interpolation
from zoo.models.base.capabilities import Generator
from zoo.models.layers.one_hot import one_hot

_HALF_WIDTH = math.sqrt(3)  # of the uniform distribution with mean 0 and variance 1
_CLASS = 0  # the number of the key that classes are drawn by


def num_inputs(domain: domains.Image, latent_size: int) -> int:
    """Inputs of the network of a `LatentGenerator`: the latent, and one for each class."""
    return latent_size + domain.num_classes


class LatentGenerator(keras.Model, Generator):
    """Distribution Q of decode(z) with z noise: it can be sampled, its density is not tractable.

    Where the data come with labels, Q is a density on pairs of an image and its class: classes
    are uniform, and the image is decode(z, class), from the noise joined to the class's one-hot
    vector. (With a learned vector of the class as long as the noise, images of a class came out
    alike: its many weights move together, and drown the noise.)

    Source of the condition: M. Mirza and S. Osindero, "Conditional Generative Adversarial Nets",
    arXiv 1411.1784 (2014), section 3.2.

    Args:
        network: a built layer, float [batch, `num_inputs`] -> float32 examples [batch, ...], such
            as images [batch, height, width, channels] in [0, 1].
        latent_size: the number of components of z, which are independent.
        prior: their distribution, of mean 0 and variance 1: "normal" or "uniform".
        num_classes: the number of classes; 0: the data come without labels.

    Attributes:
        network: see above.
        latent_size: see above.
        prior: see above.
        num_classes: see above.
    """

    default_estimator = "pathwise()"

    def __init__(
        self,
        network: keras.layers.Layer,
        latent_size: int,
        prior: str = "normal",
        num_classes: int = 0,
        **kwargs: object,
    ):
        super().__init__(**kwargs)
        self.network, self.latent_size, self.prior = network, latent_size, prior
        self.num_classes = num_classes
        self.built = True

    def call(self, latent: tf.Tensor, labels: tf.Tensor | None = None, training: bool = False):
        """Computes `decode`, in the compute dtype of the Keras policy."""
        if labels is not None:
            chosen = one_hot(labels, self.num_classes, latent.dtype)
            latent = tf.concat([latent, chosen], axis=-1)
        return self.network(latent, training=training)

    def decode(self, latent: tf.Tensor, labels: tf.Tensor | None = None, training: bool = False):
        """Decodes latents into examples.

        Args:
            latent: float [batch, latent_size].
            labels: the classes, integers [batch], of a generator that is conditioned on them.
            training: whether batch normalisation uses and records the statistics of this batch,
                which makes an image depend on its neighbours.

        Returns:
            float32 [batch, ...], such as images [batch, height, width, channels] in [0, 1];
            differentiable in `latent` and in the weights.

        Raises:
            SpecError: labels are missing, or there are some and no classes.
        """
        require(
            (labels is None) == (self.num_classes == 0),
            f"The generator is conditioned on {self.num_classes} classes; it got "
            f"{'no ' if labels is None else ''}labels.",
        )
        return self(latent, labels, training=training)

    def sample(self, key: tf.Tensor, count: int, training: bool = True) -> Batch:
        """Draws `count` examples by one key, differentiable in the weights.

        Args:
            key: a stateless random key, int64 [2].
            count: the number of examples.
            training: see `decode`.

        Returns:
            A `Batch`, with the classes where the generator is conditioned on them.
        """
        latent = self.latents(key, count)
        if self.num_classes == 0:
            return Batch(self.decode(latent, training=training))
        key = randomness.fold(key, _CLASS)
        labels = replicas.own_rows(
            lambda rows: randomness.integers(key, [rows], self.num_classes), count
        )
        return Batch(self.decode(latent, labels, training), labels)

    def generate(self, seeds: tf.Tensor, labels: tf.Tensor | None = None):
        """Draws one example for each seed, independent of the other seeds.

        Args:
            seeds: int64 [batch].
            labels: the classes, integers [batch], of a generator that is conditioned on them;
                None: each class in turn, from seed to seed.

        Returns:
            float32 [batch, ...].
        """
        labels = self.labels(seeds) if labels is None else labels
        return self.decode(self.latents_of(seeds), labels)

    def examples(self, seeds: tf.Tensor) -> Batch:
        """See `Generator.examples`: the examples that `generate` draws, with their classes."""
        return Batch(self.generate(seeds), self.labels(seeds))

    def interpolate(
        self,
        starts: tf.Tensor,
        ends: tf.Tensor | None,
        steps: int | tf.Tensor,
        labels: tf.Tensor | None = None,
        to_labels: tf.Tensor | None = None,
    ):
        """Decodes paths through the latents, and between classes.

        Latents go along arcs, see `zoo.functional.interpolation`, and the one-hot vector of the
        class along a straight line.

        Args:
            starts: seeds of the first latent of each path, int64 [rows].
            ends: seeds of the last; None: the latent stays.
            steps: the number of examples on each path, at least 2.
            labels: the first classes, integers [rows], of a generator that is conditioned on them.
            to_labels: the last classes.

        Returns:
            float32 [rows, steps, ...]. The first and last latents and classes are bit for bit
            those of `generate`, and the examples those of `generate` up to rounding, which
            differs with the size of a batch.
        """
        fractions = tf.cast(tf.range(steps), tf.float32) / tf.cast(steps - 1, tf.float32)
        latents = self.latents_of(starts)
        if ends is None:
            inputs = tf.repeat(latents[:, tf.newaxis], steps, axis=1)
        else:
            inputs = _PATHS[self.prior](latents, self.latents_of(ends), fractions)
        if self.num_classes:
            both = (tf.one_hot(each, self.num_classes) for each in (labels, to_labels))
            inputs = tf.concat([inputs, interpolation.linear(*both, fractions)], axis=-1)
        # All in one batch: without batch statistics no example depends on its neighbours.
        examples = self.network(tf.reshape(inputs, [-1, inputs.shape[-1]]), training=False)
        shape = [tf.shape(starts)[0], steps, *examples.shape[1:]]
        return tf.reshape(examples, tf.stack(shape))

    def labels(self, seeds: tf.Tensor, label: int | None = None):
        """Classes of samples, int32 [batch]: this one, or each in turn from seed to seed.

        None where the generator is conditioned on none.
        """
        if self.num_classes == 0:
            return None
        turn = tf.cast(seeds % self.num_classes, tf.int32)
        return turn if label is None else tf.fill(tf.shape(turn), label)

    def latents(self, key: tf.Tensor, count: int):
        """Draws from the prior by one key, float32 [count, latent_size]."""
        prior = _PRIORS[self.prior]
        return replicas.own_rows(lambda rows: prior(key, [rows, self.latent_size]), count)

    def latents_of(self, seeds: tf.Tensor):
        """Draws from the prior for each seed, float32 [batch, latent_size]."""
        return randomness.rows(_PRIORS[self.prior], seeds, "latent", [self.latent_size])


def _uniform(keys, shape):
    return _HALF_WIDTH * (2 * randomness.uniform(keys, shape) - 1)


_PRIORS = {"normal": randomness.normal, "uniform": _uniform}
_PATHS = {
    "normal": interpolation.spherical,
    "uniform": functools.partial(interpolation.spherical_in_cube, half_width=_HALF_WIDTH),
}
