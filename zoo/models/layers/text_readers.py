"""Causal encoders of texts for discriminators: features at each time that no later token changes.

Tokens come as int32 [batch, time], or relaxed, as weights float32 [batch, time, vocabulary size]
in which the features are differentiable.
"""

import abc
import math

import keras
import tensorflow as tf

from zoo import randomness
from zoo.models.layers import float32_sums, recurrence
from zoo.models.layers.dropout import drop
from zoo.models.layers.lstm import LSTMLayer

_KERNELS = (1, 2, 3, 4, 5)  # the number of tokens that a feature is made of


class Reader(keras.layers.Layer, abc.ABC):
    """An embedding with an encoder, which subclasses define.

    Args:
        size: the vocabulary size.
        width: the size of the embedding.
        dropout: the dropout rate of the features where there is a key.
        name: the layer's name.

    Attributes:
        num_features: the number of features at each time.
    """

    num_features: int

    def __init__(self, size: int, width: int, dropout: float, name: str):
        super().__init__(name=name)
        self.width, self.dropout = width, dropout
        # Vectors of length one or so, whatever the vocabulary size.
        initial = keras.initializers.RandomNormal(stddev=1 / math.sqrt(width))
        self.embedding = self.add_weight((size, width), initial, name="embedding")

    @abc.abstractmethod
    def call(self, tokens: tf.Tensor, key: tf.Tensor | None = None):
        """Features of the prefixes of texts up to each time, [batch, time, num_features].

        Args:
            tokens: int32 [batch, time], or float [batch, time, vocabulary size].
            key: a stateless random key, int64 [2], for dropout; None: no dropout.
        """

    def embed(self, tokens: tf.Tensor):
        """Embeds tokens, [batch, time, width]."""
        table = tf.convert_to_tensor(self.embedding)
        if tokens.dtype.is_floating:
            return tf.tensordot(tokens, table, axes=1)
        return float32_sums.lookup(table, tokens)

    def drop(self, features: tf.Tensor, key: tf.Tensor, number: int, time_axis: int = 1):
        """Applies dropout, which is the same at all times of a text.

        Args:
            features: [batch, time, any], or another order of the first two.
            key: see `call`.
            number: sets this dropout apart from others of the key.
            time_axis: the axis of time.
        """
        if key is None or self.dropout == 0:
            return features
        shape = tf.unstack(tf.shape(features))
        shape[time_axis] = 1
        key = randomness.fold(key, number)
        return drop(features, self.dropout, key, shape, batch_axis=1 - time_axis)


class Convolutions(Reader):
    """Convolutions over one to five tokens, with a running maximum over time.

        feature_t = max over s ≤ t of relu(convolution of x_{s-4} ... x_s)

    Source: Y. Kim (2014), arXiv 1408.5882, section 2, at each time of the text.

    Args:
        size: see `Reader`.
        width: the size of the embedding, and the number of features of each kernel size.
        layers: the number of layers of convolutions below the maximum.
        dropout: see `Reader`; of the maxima.
        name: the layer's name.
    """

    def __init__(self, size: int, width: int, layers: int, dropout: float, name: str):
        super().__init__(size, width, dropout, name)
        self.num_features = len(_KERNELS) * width
        read = [width] + [self.num_features] * (layers - 1)
        self.layers_ = [
            [
                float32_sums.Conv1D(width, kernel, padding="causal", activation="relu")
                for kernel in _KERNELS
            ]
            for _ in range(layers)
        ]
        for convolutions, channels in zip(self.layers_, read, strict=True):
            for convolution in convolutions:
                convolution.build((None, None, channels))
        self.built = True

    def call(self, tokens: tf.Tensor, key: tf.Tensor | None = None):
        """See `Reader.call`."""
        features = self.embed(tokens)
        for convolutions in self.layers_:
            features = tf.concat([convolve(features) for convolve in convolutions], axis=-1)
        return self.drop(running_maximum(features), key, 0)


class Recurrence(Reader):
    """LSTM layers of `width` units.

    Args:
        size: see `Reader`.
        width: see `Reader`.
        layers: the number of layers.
        dropout: see `Reader`; of each layer's outputs.
        name: the layer's name.
    """

    def __init__(self, size: int, width: int, layers: int, dropout: float, name: str):
        super().__init__(size, width, dropout, name)
        self.num_features = width
        self.layers_ = [LSTMLayer(width, name=f"layer_{number}") for number in range(layers)]
        for layer in self.layers_:
            layer.build((None, width))
        self.built = True

    def call(self, tokens: tf.Tensor, key: tf.Tensor | None = None):
        """See `Reader.call`."""
        batch, time = tf.unstack(tf.shape(tokens)[:2])
        # Each position's inputs are looked up in a table of all positions.
        table = self.layers_[0].project(tf.reshape(self.embed(tokens), [-1, self.width]))
        positions = tf.transpose(tf.reshape(tf.range(batch * time), [batch, time]))
        state = [layer.zero_state(batch, table.dtype) for layer in self.layers_]
        ones = tf.ones([time, batch, self.width], table.dtype)
        masks = [self.drop(ones, key, number, time_axis=0) for number in range(len(state))]
        weights = recurrence.loop_weights(self.layers_, projected=True)
        outputs, _ = recurrence.unroll(self.layers_, weights, positions, table, state, masks)
        return tf.transpose(outputs * masks[-1], [1, 0, 2])


def running_maximum(features: tf.Tensor):
    """Computes the maximum up to each time, in ⌈log2 time⌉ steps.

    Args:
        features: at least 0, [batch, time, any], with a time that is known when a graph is made.

    Returns:
        The same shape.
    """
    shift = 1
    while shift < features.shape[1]:
        before = tf.pad(features[:, :-shift], [[0, 0], [shift, 0], [0, 0]])
        features = tf.maximum(features, before)
        shift *= 2
    return features
