"""A table of all conditional probabilities, for domains that are small enough to write down."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from zoo import domains
from zoo.errors import require
from zoo.models.base import sequence_model
from zoo.models.base.network import SequentialNetwork, TokenSpace, run_by_steps
from zoo.models.base.sequence_model import SequenceModel
from zoo.models.layers import float32_sums

MOST = 1_000_000  # texts: a table of at most 8 MB


def build(domain: domains.Text) -> SequenceModel:
    """A table of conditional probabilities, initially uniform.

    Args:
        domain: the domain.

    Raises:
        SpecError: there are more than a million texts.
    """
    require(
        domain.vocabulary.size**domain.length <= MOST,
        f"table: the data are {domain}, of which there are more than {MOST:,}. Use a model that "
        "is no table, such as lstm, or shorter texts.",
    )
    return sequence_model.build(domain, TableNetwork)


class TableNetwork(SequentialNetwork):
    """Logits of their own for each prefix x_{<t} of a text.

    Any distribution over texts of the data's length is one of this model. Longer texts are a
    Markov chain to it: its longest prefixes, of length - 1 tokens, are also the last tokens of
    longer ones.

    The prefixes are numbered as a tree: the empty one is 0, and prefix n followed by token s is
    n size + s + 1, so that all of one length stand together.

    Args:
        tokens: see `AutoregressiveNetwork`.

    Attributes:
        prefixes: the number of prefixes of each length.
        logits: float32 [sum of `prefixes`, vocabulary size].
    """

    def __init__(self, tokens: TokenSpace):
        super().__init__(tokens, "table")
        size = tokens.vocabulary_size
        self.prefixes = tuple(size**t for t in range(tokens.length))
        self.logits = self.add_weight((sum(self.prefixes), size), "zeros", name="logits")
        self.built = True

    def initial_state(self, batch_size: int | tf.Tensor):
        """See `AutoregressiveNetwork.initial_state`: the empty prefix's number, int32."""
        return tf.zeros([batch_size], tf.int32)

    def step(self, token: tf.Tensor, state: Any, masks: Sequence[tf.Tensor] = ()):
        """See `AutoregressiveNetwork.step`; the state is the number of the prefix."""
        del masks
        size, longest = self.tokens.vocabulary_size, self.prefixes[-1]
        prefix = state * size + token + 1
        beyond = prefix - sum(self.prefixes)  # a prefix that is too long loses its first token
        prefix = tf.where(beyond < 0, prefix, sum(self.prefixes[:-1]) + beyond % longest)
        prefix = tf.where(token == size, 0, prefix)  # the start token
        return tf.cast(
            float32_sums.lookup(tf.convert_to_tensor(self.logits), prefix), tf.float32
        ), prefix

    def run(
        self,
        inputs: tf.Tensor,
        state: Any,
        key: tf.Tensor | None = None,
        replace: Callable | None = None,
    ):
        """See `SequentialNetwork.run`."""
        return run_by_steps(self, inputs, state, key, replace)
