"""A causal Transformer.

Source: A. Vaswani et al. (2017), arXiv 1706.03762; normalisation before each layer and smaller
initial weights of what is added: A. Radford et al. (2019), "Language models are unsupervised
multitask learners"; tied output: O. Press and L. Wolf (2017), arXiv 1608.05859.
"""

import math

import keras
import tensorflow as tf

from zoo import domains
from zoo.errors import require
from zoo.models.base.parallel import Parallel
from zoo.models.layers import attention, sizes
from zoo.models.layers.dropout import dropout_masks
from zoo.models.layers.feedforward import FeedForward, normalise

ACCEPTS = {"text", "image"}
TRAINERS = {"autoregressive"}


def build(
    example: domains.Text | domains.Image,
    *,
    units: int = 128,
    layers: int = 4,
    heads: int = 4,
    feedforward: int | None = None,
    dropout: float = 0.0,
    context: int | None = None,
    tied: bool = False,
    patch: list[int] | None = None,
) -> "Transformer":
    """The model of texts, or of images as sequences of patches.

    Args:
        example: what one example is.
        units: how many features a position has.
        layers: how many layers of attention, each followed by one that computes at each position
            on its own.
        heads: how many things a position can look for at once in a layer of attention.
        feedforward: how many features the layers between have inside; None: 4 units.
        dropout: the share of the embeddings and of each layer's outputs that training sets to
            zero; what attention weighs is all kept.
        context: how many of the last positions attention reads, the present one included; None:
            as many as an example has. Running text is read on beyond its windows: a context
            below their length lets training see how that is.
        tied: whether the output layer's matrix is the embedding's.
        patch: the [height, width] of an image's patches; None: [2, 4] of binary images, [1, 1]
            of others.

    Returns:
        The model, with all its variables.

    Raises:
        SpecError: sizes below 1, units that heads cannot share in even numbers, dropout outside
            [0, 1), or a patch that does not fit.
    """
    feedforward = 4 * units if feedforward is None else feedforward
    given = {"units": units, "layers": layers, "heads": heads, "feedforward": feedforward}
    for name, size in (given if context is None else given | {"context": context}).items():
        require(size >= 1, f"transformer: {name}={size} should be at least 1.")
    require(
        units % (2 * heads) == 0,
        f"transformer: units={units} should be a multiple of 2 heads, {2 * heads}.",
    )
    require(0 <= dropout < 1, f"transformer: dropout={dropout} should be at least 0 and below 1.")
    return Transformer(example, units, layers, heads, feedforward, dropout, context, tied, patch)


class Transformer(Parallel):
    """Embedding, `layers` times attention and a feed-forward layer, and a softmax.

    What a symbol is predicted from is, in each layer, what stands within the context, by its
    distance. So texts may be of any length; the positions of images have embeddings besides,
    for their row and their column.
    """

    JIT_COMPILE = True  # see Autoregressive; the cache is then written in place

    def __init__(self, example, units, layers, heads, feedforward, dropout, context, tied, patch):
        super().__init__(example, patch, name="transformer")
        size, scale = self.sequence.vocabulary.size, 1 / math.sqrt(2 * layers)
        self.units, self.heads, self.dropout, self.tied = units, heads, dropout, tied
        self.context = self.sequence.length if context is None else context
        self.embedding = self.add_weight(
            (size + self.num_starts, units), _small(), name="embedding"
        )
        if example.kind == "image":
            self._num_columns = example.shape[1] // self._patch[1]
            num_rows = self.sequence.length // self._num_columns
            self.rows = self.add_weight((num_rows, units), _small(), name="rows")
            self.columns = self.add_weight((self._num_columns, units), _small(), name="columns")
        self.attentions, self.feedforwards = [], []
        for number in range(layers):
            self.attentions.append(attention.Attention(heads, scale, f"attention_{number}"))
            self.feedforwards.append(FeedForward(feedforward, scale, f"feedforward_{number}"))
        for layer in self.attentions + self.feedforwards:
            layer.build((None, None, units))
        if not tied:
            self.output_kernel = self.add_weight(
                (units, size), attention.normal(units), name="output"
            )
        self.output_bias = self.add_weight((size,), "zeros", name="output_bias")
        self.built = True

    def initial_state(self, batch_size):
        """The position, 0, int32 [batch_size], and for each layer the keys and values before it.

        Of keys and of values there is a tensor [batch_size, heads, context, units / heads] for
        each layer, with those of position p at p modulo the context: a step writes one row.
        """
        shape = [batch_size, self.heads, self.context, self.units // self.heads]
        empty = tf.zeros(shape, self._dtype)
        return tf.zeros([batch_size], tf.int32), [(empty, empty) for _ in self.attentions]

    def run(self, inputs, state, key=None):
        """See `Autoregressive.run`."""
        tokens = tf.transpose(inputs)  # time comes first
        masks = self.dropout_masks(*tf.unstack(tf.shape(tokens)), key)
        logits, state = self._read(tokens, *state, masks)
        return tf.transpose(logits, [1, 0, 2]), state

    def whole(self, inputs, key=None):
        """See `Parallel.whole`: there is nothing before, so that nothing is looked for there."""
        return self.run(inputs, (tf.zeros([1], tf.int32), None), key)[0]

    def step(self, token, state, masks=()):
        """See `Autoregressive.step`."""
        logits, state = self._read(token[None], *state, [mask[None] for mask in masks])
        return logits[0], state

    def dropout_masks(self, length, batch_size, key):
        """See `Autoregressive.dropout_masks`: one [length, batch_size, units] for what is added.

        The embedding is the first, then each layer of attention and each layer between, in turn.
        """
        shape, count = [length, batch_size, self.units], 1 + 2 * len(self.attentions)
        return dropout_masks(shape, self.dropout, count, key, self._dtype)

    def _read(self, tokens, position, caches, masks):
        """Reads symbols int32 [time, batch] from a position on, after what the caches hold.

        Returns:
            Logits float32 [time, batch, vocabulary size], and the state afterwards.
        """
        time = sizes.size(tokens, 0)
        positions = read = position[:, None] + tf.range(time)  # [batch or 1, time]
        places = attention.places(positions, self.heads, self.context) if caches else None
        if caches and tokens.shape[0] == 1:
            read = attention.held(position, self.context)
        elif caches:
            read = tf.concat([attention.held(position - 1, self.context), positions], axis=1)
        turns = attention.turns(positions[:, None], self.units // self.heads, self._dtype)
        visible = attention.visible(positions, read, self.context)
        # The sum is kept in float32: what a layer adds may be small beside it.
        stream = tf.cast(_drop(self._embed(tokens, positions), masks, 0), tf.float32)
        last = []
        for number, layer in enumerate(self.attentions):
            cache = caches[number] if caches else None
            found, cache = layer.read(self._normalise(stream), turns, visible, cache, places)
            stream += tf.cast(_drop(found, masks, 2 * number + 1), tf.float32)
            computed = self.feedforwards[number].compute(self._normalise(stream))
            stream += tf.cast(_drop(computed, masks, 2 * number + 2), tf.float32)
            last.append(cache)
        return self._logits(self._normalise(stream)), (position + time, last)

    def _embed(self, tokens, positions):
        """[time, batch, units] of symbols [time, batch] at positions [batch or 1, time]."""
        # In bfloat16 the gradients of look-ups in weights that are just cast are rows, which become
        # float32 before they are summed: see float32_sums for other tables.
        embedded = tf.gather(tf.convert_to_tensor(self.embedding), tokens)
        if self.example.kind == "text":
            return embedded
        at = tf.transpose(positions)
        rows = tf.gather(tf.convert_to_tensor(self.rows), at // self._num_columns)
        return (
            embedded + rows + tf.gather(tf.convert_to_tensor(self.columns), at % self._num_columns)
        )

    def _normalise(self, stream):
        return tf.cast(normalise(stream), self._dtype)

    @property
    def _dtype(self):
        """What the variables read as: `compute_dtype` within a call, float32 outside."""
        return tf.convert_to_tensor(self.embedding).dtype

    def _logits(self, outputs):
        """float32 [..., vocabulary size] from the last sum, normalised, [..., units]."""
        if self.tied:
            kernel = tf.transpose(
                tf.convert_to_tensor(self.embedding)[: self.sequence.vocabulary.size]
            )
        else:
            kernel = tf.convert_to_tensor(self.output_kernel)
        return tf.cast(tf.tensordot(outputs, kernel, axes=1) + self.output_bias, tf.float32)


def _small():
    """Anew for each weight: an initializer has one seed, which it draws as it is made."""
    return keras.initializers.RandomNormal(stddev=0.02)


def _drop(values, masks, number):
    return values * masks[number] if masks else values
