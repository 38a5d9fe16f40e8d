"""Tokens that are independent of each other, each position with a distribution of its own.

The baseline that a model of sequences has to beat. Scheduled sampling, too, leads every model
here as ε -> 0.

Source: F. Huszár (2015), arXiv 1511.05101, section 2.
"""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from zoo import domains
from zoo.models.base import sequence_model
from zoo.models.base.network import SequentialNetwork, TokenSpace
from zoo.models.base.sequence_model import SequenceModel
from zoo.models.layers import float32_sums


def build(domain: domains.Text | domains.Image, *, patch: list[int] | None = None) -> SequenceModel:
    """A model of independent tokens, initially uniform.

    Args:
        domain: the domain, texts or images that are read as sequences of patches.
        patch: the [height, width] of an image's patches, whose pixels may depend on each other;
            None: [2, 4] of binary images, [1, 1] of others.

    Raises:
        SpecError: a patch that does not fit.
    """
    return sequence_model.build(domain, IndependentNetwork, patch)


class IndependentNetwork(SequentialNetwork):
    """Q(x) = Π_t Q_t(x_t), with a row of logits for each position t of an example.

    Maximum likelihood makes Q the product of the data's marginals, and KL[P‖Q] is then the total
    correlation of P: of pairs, their mutual information. Labels change nothing. In texts that are
    longer than the data's all further positions have the last one's distribution.

    Args:
        tokens: see `AutoregressiveNetwork`.

    Attributes:
        logits: float32 [length, vocabulary size].
    """

    def __init__(self, tokens: TokenSpace):
        super().__init__(tokens, "independent")
        shape = tokens.length, tokens.vocabulary_size
        self.logits = self.add_weight(shape, "zeros", name="logits")
        self.built = True

    def initial_state(self, batch_size: int | tf.Tensor):
        """See `AutoregressiveNetwork.initial_state`: the position, int32 [batch_size]."""
        return tf.zeros([batch_size], tf.int32)

    def step(self, token: tf.Tensor, state: Any, masks: Sequence[tf.Tensor] = ()):
        """See `AutoregressiveNetwork.step`; the position decides, not the token."""
        del token, masks
        return self._at(state), state + 1

    def run(
        self,
        inputs: tf.Tensor,
        state: Any,
        key: tf.Tensor | None = None,
        replace: Callable | None = None,
    ):
        """See `SequentialNetwork.run`: all times at once, whatever tokens are read."""
        del key, replace
        time = tf.range(tf.shape(inputs)[1])
        return self._at(state[:, None] + time), state + tf.shape(inputs)[1]

    def _at(self, positions):
        """The logits of positions [...], float32 [..., vocabulary size]."""
        last = self.tokens.length - 1
        return tf.cast(
            float32_sums.lookup(tf.convert_to_tensor(self.logits), tf.minimum(positions, last)),
            tf.float32,
        )
