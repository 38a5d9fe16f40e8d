"""Symbols that know nothing of each other: each position has a distribution of its own.

The floor that a model of sequences has to beat. It is also where scheduled sampling leads every
model as ε -> 0.

Source: F. Huszár (2015), arXiv 1511.05101, section 2.
"""

import tensorflow as tf

from zoo import domains
from zoo.models.base.autoregressive import Autoregressive
from zoo.models.layers import float32_sums

ACCEPTS = {"text", "image"}
TRAINERS = {"autoregressive"}


def build(
    example: domains.Text | domains.Image, *, patch: list[int] | None = None
) -> "Independent":
    """The model of texts, or of images as sequences of patches.

    Args:
        example: what one example is.
        patch: the [height, width] of an image's patches, whose pixels may depend on each other;
            None: [2, 4] of binary images, [1, 1] of others.

    Returns:
        The model, uniform to begin with.

    Raises:
        SpecError: a patch that does not fit.
    """
    return Independent(example, patch)


class Independent(Autoregressive):
    """Q(x) = Π_t Q_t(x_t), with a row of logits for each position t of an example.

    Maximum likelihood makes Q the product of the data's marginals, and KL[P‖Q] is then the total
    correlation of P: of pairs, their mutual information. Labels change nothing. Texts that are
    longer than the data's have the last position's distribution in all places beyond it.

    Attributes:
        logits: float32 [length, vocabulary size].
    """

    def __init__(self, example, patch):
        super().__init__(example, patch, name="independent")
        shape = self.sequence.length, self.sequence.vocabulary.size
        self.logits = self.add_weight(shape, "zeros", name="logits")
        self.built = True

    def initial_state(self, batch_size):
        """The number of symbols that were read, int32 [batch_size]."""
        return tf.zeros([batch_size], tf.int32)

    def step(self, token, state, masks=()):
        """See `Autoregressive.step`; it is the place that decides, and not the token."""
        del token, masks
        return self._at(state), state + 1

    def run(self, inputs, state, key=None, replace=None):
        """See `Autoregressive.run`: all at once, whatever would be read."""
        del key, replace
        time = tf.range(tf.shape(inputs)[1])
        return self._at(state[:, None] + time), state + tf.shape(inputs)[1]

    def _at(self, positions):
        """The logits of positions [...], float32 [..., vocabulary size]."""
        last = self.sequence.length - 1
        return tf.cast(
            float32_sums.lookup(tf.convert_to_tensor(self.logits), tf.minimum(positions, last)),
            tf.float32,
        )
