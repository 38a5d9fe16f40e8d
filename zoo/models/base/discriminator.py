"""Discriminators, which score examples; the objective says what their logits estimate."""

import abc
import typing
from collections.abc import Sequence

import keras
import tensorflow as tf

from zoo import randomness
from zoo.errors import require
from zoo.models.layers.dropout import drop
from zoo.models.layers.one_hot import one_hot


class Discriminator(keras.Model, abc.ABC):
    """Scores examples and, where they are sequences, all their prefixes.

    Attributes:
        reads_relaxed: whether texts may come as relaxed tokens, weights of all tokens at each time.
    """

    reads_relaxed: typing.ClassVar[bool] = True

    def start_from(self, weights: Sequence) -> None:
        """Initialises what is like the generator from its weights in order; by default nothing."""

    @abc.abstractmethod
    def prefix_logits(
        self,
        values: tf.Tensor,
        labels: tf.Tensor | None = None,
        key: tf.Tensor | None = None,
        training: bool = False,
    ):
        """Logits of examples and their prefixes, float32 [batch, times].

        The last time is the whole example; images and points have no other.

        Args:
            values: examples, see the subclass.
            labels: their classes, integers [batch], where the data come with them.
            key: a stateless random key, int64 [2], for dropout; None: no dropout.
            training: whether layers with spectral normalisation first take a step of power
                iteration on their kernels. It has no other effect.
        """

    @typing.final
    def call(
        self,
        values: tf.Tensor,
        labels: tf.Tensor | None = None,
        key: tf.Tensor | None = None,
        training: bool = False,
    ):
        """Logits of examples, float32 [batch]; see `prefix_logits`."""
        return self.prefix_logits(values, labels, key, training)[:, -1]


class ProjectionDiscriminator(Discriminator):
    """A discriminator of images or points.

    Of pairs of an image x and a class y the logit is the image's, and what the class adds,

        ψ(φ(x)) + v_y(φ(x)),    ψ and v_y affine, φ all layers but the last

    which has ψ and the functions of all classes as its outputs.
    Source: T. Miyato and M. Koyama, "cGANs with Projection Discriminator", arXiv 1802.05637
    (2018), section 3, where v_y is linear: its constant lets classes be of unlike frequency.

    Args:
        stages: built layers, from float images [batch, height, width, channels] in [0, 1], or
            points, to float32 [batch, 1 + number of classes], each on the output of the one before.
        dropout_rates: the dropout rate of each stage's inputs.

    Attributes:
        stages: see above.
        dropout_rates: see above.
    """

    def __init__(self, stages: list, dropout_rates: list[float], **kwargs: object):
        super().__init__(**kwargs)
        self.stages, self.dropout_rates = list(stages), list(dropout_rates)
        self.built = True

    def prefix_logits(
        self,
        values: tf.Tensor,
        labels: tf.Tensor | None = None,
        key: tf.Tensor | None = None,
        training: bool = False,
    ):
        """See `Discriminator.prefix_logits`: float32 [batch, 1].

        Raises:
            SpecError: labels are missing, or there are some and no classes.
        """
        hidden = values
        for number, (stage, rate) in enumerate(zip(self.stages, self.dropout_rates, strict=True)):
            if key is not None and rate > 0:
                hidden = drop(hidden, rate, randomness.fold(key, number))
            hidden = stage(hidden, training=training)
        classes = hidden.shape[-1] - 1
        require(
            (labels is None) == (classes == 0),
            f"The discriminator is conditioned on {classes} classes; it got "
            f"{'no ' if labels is None else ''}labels.",
        )
        if labels is None:
            return hidden
        chosen = one_hot(labels, classes, hidden.dtype)
        return hidden[:, :1] + tf.reduce_sum(chosen * hidden[:, 1:], axis=-1, keepdims=True)
