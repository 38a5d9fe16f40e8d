"""A table of all conditional probabilities, for domains that are small enough to write down."""

import tensorflow as tf

from zoo import domains
from zoo.errors import require
from zoo.models.base.autoregressive import Autoregressive
from zoo.models.layers import float32_sums

ACCEPTS = {"text"}
TRAINERS = {"autoregressive"}
MOST = 1_000_000  # texts: a table of at most 8 MB


def build(example: domains.Text) -> "Table":
    """The model of a text.

    Args:
        example: the text's spec.

    Returns:
        The model, uniform to begin with.

    Raises:
        SpecError: there are more than a million texts.
    """
    require(
        example.vocabulary.size**example.length <= MOST,
        f"table: the data are {example}, of which there are more than {MOST:,}. Use a model that "
        "is no table, such as lstm, or shorter texts.",
    )
    return Table(example)


class Table(Autoregressive):
    """Logits of their own for each prefix x_{<t} of a text.

    Any distribution over texts of the data's length is one of this model. Longer texts it takes
    for a Markov chain: its longest prefixes, of length - 1 symbols, are also the last symbols of
    longer ones.

    The prefixes are numbered as a tree: the empty one is 0, and prefix n followed by symbol s is
    n size + s + 1, so that all of one length stand together.
    """

    def __init__(self, example):
        super().__init__(example, name="table")
        size = example.vocabulary.size
        self.prefixes = tuple(size**t for t in range(example.length))  # how many of each length
        self.logits = self.add_weight((sum(self.prefixes), size), "zeros", name="logits")
        self.built = True

    def initial_state(self, batch_size):
        """The number of the empty prefix, int32 [batch_size]."""
        return tf.zeros([batch_size], tf.int32)

    def step(self, token, state, masks=()):
        """See `Autoregressive.step`; the state is the prefix that was read."""
        del masks
        vocabulary, longest = self.example.vocabulary, self.prefixes[-1]
        prefix = state * vocabulary.size + token + 1
        beyond = prefix - sum(self.prefixes)  # a prefix that is too long loses its first symbol
        prefix = tf.where(beyond < 0, prefix, sum(self.prefixes[:-1]) + beyond % longest)
        prefix = tf.where(token == vocabulary.start, 0, prefix)
        return tf.cast(
            float32_sums.lookup(tf.convert_to_tensor(self.logits), prefix), tf.float32
        ), prefix
