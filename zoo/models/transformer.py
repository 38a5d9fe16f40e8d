"""A causal Transformer.

Source: A. Vaswani et al. (2017), arXiv 1706.03762; normalisation before each block and smaller
initial weights of residual outputs: A. Radford et al. (2019), "Language models are unsupervised
multitask learners"; tied output: O. Press and L. Wolf (2017), arXiv 1608.05859.
"""

import math
import typing
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from zoo import domains
from zoo.errors import require
from zoo.models.base import sequence_model
from zoo.models.base.network import ParallelNetwork, TokenSpace
from zoo.models.base.sequence_model import SequenceModel
from zoo.models.layers import attention, sizes
from zoo.models.layers.dropout import dropout_masks
from zoo.models.layers.feedforward import FeedForward, normalise


def build(
    domain: domains.Text | domains.Image,
    *,
    units: int = 128,
    layers: int = 4,
    heads: int = 4,
    feedforward: int | None = None,
    dropout: float = 0.0,
    context: int | None = None,
    tied: bool = False,
    patch: list[int] | None = None,
) -> SequenceModel:
    """A causal Transformer with sliding-window attention.

    Args:
        domain: the domain, texts or images that are read as sequences of patches.
        units: the number of features of a position.
        layers: the number of blocks, each of attention and a feed-forward layer.
        heads: attention heads per block.
        feedforward: the number of hidden features of a feed-forward layer; None: 4 units.
        dropout: the dropout rate of the embeddings and of each layer's outputs in training;
            attention weights are all kept.
        context: the number of last positions that attention reads, the present one included;
            None: the length of an example. Contiguous text is read on beyond the windows of
            training: a context below their length shows training how that is.
        tied: whether the output layer's matrix is the embedding's.
        patch: the [height, width] of an image's patches; None: [2, 4] of binary images, [1, 1]
            of others.

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
    return sequence_model.build(
        domain,
        lambda tokens: TransformerNetwork(
            tokens, units, layers, heads, feedforward, dropout, context, tied
        ),
        patch,
    )


class TransformerNetwork(ParallelNetwork):
    """Embedding, `layers` blocks of attention and a feed-forward layer, and a softmax.

    In each block a position attends to those within the context, by their distance. So texts may
    be of any length; the positions of images have embeddings besides, for their row and their
    column.

    Args:
        tokens: see `AutoregressiveNetwork`.
        units: see `build`.
        layers: see `build`.
        heads: see `build`.
        feedforward: see `build`.
        dropout: see `build`.
        context: see `build`.
        tied: see `build`.
    """

    jit_compile_sampling = True  # the key-value cache is then written in place

    token_axes: typing.ClassVar[dict[str, int]] = {"embedding": 0, "output": 1, "output_bias": 0}

    def __init__(
        self,
        tokens: TokenSpace,
        units: int,
        layers: int,
        heads: int,
        feedforward: int,
        dropout: float,
        context: int | None,
        tied: bool,
    ):
        super().__init__(tokens, "transformer")
        size, scale = tokens.vocabulary_size, 1 / math.sqrt(2 * layers)
        self.units, self.heads, self.dropout, self.tied = units, heads, dropout, tied
        self.context = tokens.length if context is None else context
        self.embedding = self.add_weight(
            (size + tokens.num_starts, units), _small(), name="embedding"
        )
        if tokens.grid is not None:
            num_rows, num_columns = tokens.grid
            self.rows = self.add_weight((num_rows, units), _small(), name="rows")
            self.columns = self.add_weight((num_columns, units), _small(), name="columns")
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

    def initial_state(self, batch_size: int | tf.Tensor):
        """See `AutoregressiveNetwork.initial_state`: the position, 0, and each layer's cache.

        The position is int32 [batch_size]. A cache holds the last keys and values, each
        [batch_size, heads, context, units / heads], with those of position p in slot p modulo
        the context: a step writes one slot.
        """
        shape = [batch_size, self.heads, self.context, self.units // self.heads]
        empty = tf.zeros(shape, self._dtype)
        return tf.zeros([batch_size], tf.int32), [(empty, empty) for _ in self.attentions]

    def run(self, inputs: tf.Tensor, state: Any, key: tf.Tensor | None = None):
        """See `AutoregressiveNetwork.run`."""
        tokens = tf.transpose(inputs)  # time comes first
        masks = self.dropout_masks(*tf.unstack(tf.shape(tokens)), key)
        logits, state = self._read(tokens, *state, masks)
        return tf.transpose(logits, [1, 0, 2]), state

    def forward(self, inputs: tf.Tensor, key: tf.Tensor | None = None):
        """See `ParallelNetwork.forward`: without caches, since nothing was read before."""
        return self.run(inputs, (tf.zeros([1], tf.int32), None), key)[0]

    def step(self, token: tf.Tensor, state: Any, masks: Sequence[tf.Tensor] = ()):
        """See `AutoregressiveNetwork.step`."""
        logits, state = self._read(token[None], *state, [mask[None] for mask in masks])
        return logits[0], state

    def dropout_masks(
        self, length: int | tf.Tensor, batch_size: int | tf.Tensor, key: tf.Tensor | None
    ) -> list:
        """See `AutoregressiveNetwork.dropout_masks`: each is [length, batch_size, units].

        The first is the embedding's, then come each block's attention and feed-forward layer.
        """
        shape, count = [length, batch_size, self.units], 1 + 2 * len(self.attentions)
        return dropout_masks(shape, self.dropout, count, key, self._dtype)

    def _read(self, tokens, position, caches, masks):
        """Reads tokens int32 [time, batch] from a position on, given the caches of earlier ones.

        Returns:
            Logits float32 [time, batch, vocabulary size], and the state afterwards.
        """
        time = sizes.size(tokens, 0)
        positions = read = position[:, None] + tf.range(time)  # [batch or 1, time]
        slots = attention.cache_slots(positions, self.heads, self.context) if caches else None
        if caches and tokens.shape[0] == 1:
            read = attention.cache_positions(position, self.context)
        elif caches:
            before = attention.cache_positions(position - 1, self.context)
            read = tf.concat([before, positions], axis=1)
        angles = attention.rope_angles(positions[:, None], self.units // self.heads, self._dtype)
        visible = attention.visible(positions, read, self.context)
        # The residual stream is kept in float32: what a layer adds may be small beside it.
        stream = tf.cast(_drop(self._embed(tokens, positions), masks, 0), tf.float32)
        last = []
        for number, layer in enumerate(self.attentions):
            cache = caches[number] if caches else None
            attended, cache = layer.read(self._normalise(stream), angles, visible, cache, slots)
            stream += tf.cast(_drop(attended, masks, 2 * number + 1), tf.float32)
            computed = self.feedforwards[number].compute(self._normalise(stream))
            stream += tf.cast(_drop(computed, masks, 2 * number + 2), tf.float32)
            last.append(cache)
        return self._logits(self._normalise(stream)), (position + time, last)

    def _embed(self, tokens, positions):
        """[time, batch, units] of tokens [time, batch] at positions [batch or 1, time]."""
        # In bfloat16 the gradients of look-ups in weights that are just cast are rows, which become
        # float32 before they are summed: see float32_sums for other tables.
        embedded = tf.gather(tf.convert_to_tensor(self.embedding), tokens)
        if self.tokens.grid is None:
            return embedded
        (_, num_columns), at = self.tokens.grid, tf.transpose(positions)
        rows = tf.gather(tf.convert_to_tensor(self.rows), at // num_columns)
        return embedded + rows + tf.gather(tf.convert_to_tensor(self.columns), at % num_columns)

    def _normalise(self, stream):
        return tf.cast(normalise(stream), self._dtype)

    @property
    def _dtype(self):
        """The dtype that variables read as: `compute_dtype` within a call, float32 outside."""
        return tf.convert_to_tensor(self.embedding).dtype

    def _logits(self, outputs):
        """Logits float32 [..., vocabulary size] of the normalised stream [..., units]."""
        if self.tied:
            size = self.tokens.vocabulary_size
            kernel = tf.transpose(tf.convert_to_tensor(self.embedding)[:size])
        else:
            kernel = tf.convert_to_tensor(self.output_kernel)
        return tf.cast(tf.tensordot(outputs, kernel, axes=1) + self.output_bias, tf.float32)


def _small():
    """A new initializer for each weight, since it draws its one seed as it is made."""
    return keras.initializers.RandomNormal(stddev=0.02)


def _drop(values, masks, number):
    return values * masks[number] if masks else values
