"""A language model of stacked LSTM layers.

Source: A. Graves (2013), arXiv 1308.0850; dropout between layers only: W. Zaremba et al.
(2014), arXiv 1409.2329; tied output: O. Press and L. Wolf (2017), arXiv 1608.05859.
"""

import tensorflow as tf

from zoo import example_spec, randomness
from zoo.errors import require
from zoo.models._autoregressive import Autoregressive
from zoo.models.layers.lstm import LSTMLayer

ACCEPTS = {"text", "image"}
TRAINERS = {"autoregressive"}


def build(
    example: example_spec.Text | example_spec.Image,
    *,
    units: int = 256,
    layers: int = 2,
    dropout: float = 0.0,
    tied: bool = False,
    patch: list[int] | None = None,
) -> "LSTM":
    """The model of texts, or of images as sequences of patches.

    Args:
        example: what one example is.
        units: the size of the embedding, and of every layer's hidden state and cell.
        layers: how many layers stand on each other.
        dropout: the share of each layer's outputs that training sets to zero.
        tied: whether the output layer's matrix is the embedding's.
        patch: the [height, width] of an image's patches; None: [2, 4] of binary images, [1, 1]
            of others.

    Returns:
        The model, with all its variables.

    Raises:
        SpecError: units or layers below 1, dropout outside [0, 1), or a patch that does not fit.
    """
    require(units >= 1, f"lstm: units={units} should be at least 1.")
    require(layers >= 1, f"lstm: layers={layers} should be at least 1.")
    require(0 <= dropout < 1, f"lstm: dropout={dropout} should be at least 0 and below 1.")
    return LSTM(example, units, layers, dropout, tied, patch)


class LSTM(Autoregressive):
    """Embedding, `layers` LSTM layers with dropout after each, and a softmax."""

    def __init__(self, example, units, layers, dropout, tied, patch):
        super().__init__(example, patch, name="lstm")
        size = self.sequence.vocabulary.size
        self.units, self.dropout, self.tied = units, dropout, tied
        self.embedding = self.add_weight(
            (size + self.num_starts, units), "glorot_uniform", name="embedding"
        )
        self.layers_ = [LSTMLayer(units, name=f"layer_{number}") for number in range(layers)]
        for layer in self.layers_:
            layer.build((None, units))
        if not tied:
            self.output_kernel = self.add_weight((units, size), "glorot_uniform", name="output")
        self.output_bias = self.add_weight((size,), "zeros", name="output_bias")
        self.built = True

    def initial_state(self, batch_size):
        """Zero hidden states and cells: a pair [batch_size, units] for each layer."""
        zeros = tf.zeros([batch_size, self.units], self._dtype)
        return [(zeros, zeros) for _ in self.layers_]

    def run(self, inputs, state, key=None, replace=None):
        """See `Autoregressive.run`; inputs that are known are read a layer at a time."""
        if replace is not None:
            return super().run(inputs, state, key, replace)
        outputs, last = tf.transpose(inputs), []  # time comes first
        masks = self.dropout_masks(*tf.unstack(tf.shape(outputs)), key)
        for number, layer in enumerate(self.layers_):
            projected = layer.project(outputs) if number else self._project_symbols(outputs)
            outputs, *pair = layer.recur(projected, *state[number])
            outputs = _drop(outputs, masks, number)
            last.append(tuple(pair))
        return tf.transpose(self._logits(outputs), [1, 0, 2]), last

    def step(self, token, state, masks=()):
        """See `Autoregressive.step`."""
        outputs = tf.gather(tf.convert_to_tensor(self.embedding), token)
        last = []
        for number, layer in enumerate(self.layers_):
            hidden, cell = layer.step(layer.project(outputs), *state[number])
            outputs = _drop(hidden, masks, number)
            last.append((hidden, cell))
        return self._logits(outputs), last

    def dropout_masks(self, length, batch_size, key):
        """See `Autoregressive.dropout_masks`: one [length, batch_size, units] for each layer."""
        if key is None or self.dropout == 0:
            return []
        ones = tf.ones([length, batch_size, self.units], self._dtype)
        return [
            tf.nn.experimental.stateless_dropout(
                ones, self.dropout, randomness.fold(key, number), rng_alg=randomness.ALGORITHM
            )
            for number in range(len(self.layers_))
        ]

    def _project_symbols(self, symbols):
        # The first layer's product is taken once for each symbol that there is, then looked up.
        return tf.gather(self.layers_[0].project(tf.convert_to_tensor(self.embedding)), symbols)

    @property
    def _dtype(self):
        """What the variables read as: `compute_dtype` within a call, float32 outside."""
        return tf.convert_to_tensor(self.embedding).dtype

    def _logits(self, outputs):
        """float32 [..., vocabulary size] from the last layer's outputs [..., units]."""
        if self.tied:
            size = self.sequence.vocabulary.size
            kernel = tf.transpose(tf.convert_to_tensor(self.embedding)[:size])
        else:
            kernel = tf.convert_to_tensor(self.output_kernel)
        logits = tf.tensordot(outputs, kernel, axes=1) + self.output_bias
        return tf.cast(logits, tf.float32)


def _drop(outputs, masks, number):
    return outputs * masks[number] if masks else outputs
