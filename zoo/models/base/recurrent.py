"""Recurrent networks: everything but the recurrence of a layer.

Source: A. Graves (2013), arXiv 1308.0850; dropout between layers only: W. Zaremba et al.
(2014), arXiv 1409.2329; tied output: O. Press and L. Wolf (2017), arXiv 1608.05859.
"""

import functools
import typing
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from zoo.errors import require
from zoo.models.base.network import SequentialNetwork, TokenSpace
from zoo.models.base.shared_arguments import documented
from zoo.models.layers import float32_sums, recurrence
from zoo.models.layers.dropout import dropout_masks
from zoo.models.layers.recurrent import RecurrentLayer

# At most so many tokens have their products with the first kernel computed once and looked up.
PROJECTED_TOKENS = 1024

build_documented = functools.partial(
    documented,
    {
        "domain": "the domain, texts or images that are read as sequences of patches.",
        "units": "the size of the embedding, and of every layer's hidden state.",
        "layers": "the number of recurrent layers.",
        "dropout": "the dropout rate of each layer's outputs in training.",
        "tied": "whether the output layer's matrix is the embedding's.",
        "patch": "the [height, width] of an image's patches; None: [2, 4] of binary images, "
        "[1, 1] of others.",
    },
    "units or layers below 1, dropout outside [0, 1), or a patch that does not fit.",
)


class RecurrentNetwork(SequentialNetwork):
    """Embedding, recurrent layers with dropout after each, and a softmax.

    Args:
        tokens: see `AutoregressiveNetwork`.
        layer: the class of the layers.
        units: the size of the embedding, and of every layer's hidden state.
        layers: the number of layers.
        dropout: the dropout rate of each layer's outputs in training.
        tied: whether the output layer's matrix is the embedding's.
        name: the network's name.

    Raises:
        SpecError: units or layers below 1, or dropout outside [0, 1).
    """

    token_axes: typing.ClassVar[dict[str, int]] = {"embedding": 0, "output": 1, "output_bias": 0}

    def __init__(
        self,
        tokens: TokenSpace,
        layer: type[RecurrentLayer],
        units: int,
        layers: int,
        dropout: float,
        tied: bool,
        name: str,
    ):
        require(units >= 1, f"{name}: units={units} should be at least 1.")
        require(layers >= 1, f"{name}: layers={layers} should be at least 1.")
        require(0 <= dropout < 1, f"{name}: dropout={dropout} should be at least 0 and below 1.")
        super().__init__(tokens, name)
        size = tokens.vocabulary_size
        self.units, self.dropout, self.tied = units, dropout, tied
        self.embedding = self.add_weight(
            (size + tokens.num_starts, units), "glorot_uniform", name="embedding"
        )
        self.layers_ = [layer(units, name=f"layer_{number}") for number in range(layers)]
        for each in self.layers_:
            each.build((None, units))
        if not tied:
            self.output_kernel = self.add_weight((units, size), "glorot_uniform", name="output")
        self.output_bias = self.add_weight((size,), "zeros", name="output_bias")
        self.built = True

    def initial_state(self, batch_size: int | tf.Tensor):
        """See `AutoregressiveNetwork.initial_state`: zeros [batch_size, units], a tuple a layer."""
        return [layer.zero_state(batch_size, self._dtype) for layer in self.layers_]

    def run(
        self,
        inputs: tf.Tensor,
        state: Any,
        key: tf.Tensor | None = None,
        replace: Callable | None = None,
    ):
        """See `SequentialNetwork.run`."""
        outputs, last = self.hidden(inputs, state, key, replace)
        return self.logits(outputs), last

    def hidden(
        self,
        inputs: tf.Tensor,
        state: Any,
        key: tf.Tensor | None = None,
        replace: Callable | None = None,
    ):
        """Computes the hidden states from which `logits` predicts the next token.

        Args:
            inputs: see `run`.
            state: see `run`.
            key: see `run`.
            replace: see `run`.

        Returns:
            The last layer's hidden states [batch, time, units], and the state after the last
            token.
        """
        tokens = tf.transpose(inputs)  # time comes first
        masks = self.dropout_masks(*tf.unstack(tf.shape(tokens)), key)
        table, weights = self._loop_invariants()
        outputs, last = recurrence.unroll(
            self.layers_, weights, tokens, table, state, masks, self._choose(replace)
        )
        outputs = outputs * masks[-1] if masks else outputs
        return tf.transpose(outputs, [1, 0, 2]), last

    def logits(self, outputs: tf.Tensor):
        """Logits float32 [..., vocabulary size] of the last layer's hidden states [..., units]."""
        return self._logits(outputs, *self._output_weights())

    def step(self, token: tf.Tensor, state: Any, masks: Sequence[tf.Tensor] = ()):
        """See `AutoregressiveNetwork.step`."""
        return self.stepper(projected=False)(token, state, masks)

    def stepper(self, projected: bool | None = None):
        """See `AutoregressiveNetwork.stepper`.

        Args:
            projected: whether the first layer's products with all tokens are computed first;
                None: if there are few tokens.
        """
        (table, weights), output = self._loop_invariants(projected), self._output_weights()

        def step(token, state, masks=()):
            inputs = tf.gather(table, token)
            outputs, state, _ = recurrence.step(self.layers_, weights, inputs, state, masks)
            return self._logits(outputs, *output), state

        return step

    def dropout_masks(
        self, length: int | tf.Tensor, batch_size: int | tf.Tensor, key: tf.Tensor | None
    ) -> list:
        """See `AutoregressiveNetwork.dropout_masks`: [length, batch_size, units] for each layer."""
        shape, count = [length, batch_size, self.units], len(self.layers_)
        return dropout_masks(shape, self.dropout, count, key, self._dtype)

    def _loop_invariants(self, projected=None):
        """The table of `recurrence.unroll`, and the weights."""
        table = tf.convert_to_tensor(self.embedding)
        projected = self.embedding.shape[0] <= PROJECTED_TOKENS if projected is None else projected
        if projected:
            table = self.layers_[0].project(table)
        return table, recurrence.loop_weights(self.layers_, projected)

    def _choose(self, replace):
        if replace is None:
            return None
        weights = self._output_weights()
        return lambda t, token, outputs: replace(t, token, self._logits(outputs, *weights))

    def _output_weights(self):
        if self.tied:
            size = self.tokens.vocabulary_size
            kernel = tf.transpose(tf.convert_to_tensor(self.embedding)[:size])
        else:
            kernel = tf.convert_to_tensor(self.output_kernel)
        return kernel, tf.convert_to_tensor(self.output_bias)

    def _logits(self, outputs, kernel, bias):
        logits = float32_sums.bias_add(
            tf.matmul(tf.reshape(outputs, [-1, self.units]), kernel), bias
        )
        shape = tf.concat([tf.shape(outputs)[:-1], [self.tokens.vocabulary_size]], axis=0)
        return tf.cast(tf.reshape(logits, shape), tf.float32)

    @property
    def _dtype(self):
        """The dtype that variables read as: `compute_dtype` within a call, float32 outside."""
        return tf.convert_to_tensor(self.embedding).dtype
