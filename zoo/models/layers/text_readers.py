"""What discriminators of texts read with: features at each time that no later symbol changes.

Symbols come as int32 [batch, time], or as rows of the weights that make a mixture of symbols of
each, float32 [batch, time, vocabulary size], in which the features are differentiable.
"""

import math

import keras
import tensorflow as tf

from zoo import randomness
from zoo.models.layers import float32_sums, recurrence
from zoo.models.layers.lstm import LSTMLayer

_KERNELS = (1, 2, 3, 4, 5)  # how many symbols a feature is made of


class Reader(keras.layers.Layer):
    """An embedding, which subclasses read on from.

    Args:
        size: of the vocabulary.
        width: the size of the embedding.
        dropout: the share of features that is set to zero where there is a key.
        name: the layer's name.

    Attributes:
        num_features: how many there are at each time.
    """

    num_features: int

    def __init__(self, size: int, width: int, dropout: float, name: str):
        super().__init__(name=name)
        self.width, self.dropout = width, dropout
        # Vectors of length one or so, however many symbols there are.
        initial = keras.initializers.RandomNormal(stddev=1 / math.sqrt(width))
        self.embedding = self.add_weight((size, width), initial, name="embedding")

    def call(self, symbols, key=None):
        """The features of texts up to each time, [batch, time, any].

        Args:
            symbols: int32 [batch, time], or float [batch, time, vocabulary size].
            key: int64 [2]: dropout is on, and drawn by this key. None: dropout is off.
        """
        raise NotImplementedError

    def embed(self, symbols):
        """[batch, time, width]."""
        table = tf.convert_to_tensor(self.embedding)
        if symbols.dtype.is_floating:
            return tf.tensordot(symbols, table, axes=1)
        return float32_sums.lookup(table, symbols)

    def drop(self, features, key, number, time_axis=1):
        """Features with dropout, which is the same at all times of a text.

        Args:
            features: [batch, time, any], or another order of the first two.
            key: see `call`.
            number: sets this dropout apart from others of the key.
            time_axis: which axis is time.
        """
        if key is None or self.dropout == 0:
            return features
        shape = tf.unstack(tf.shape(features))
        shape[time_axis] = 1
        seed = randomness.fold(key, number)
        return tf.nn.experimental.stateless_dropout(
            features, self.dropout, seed, randomness.ALGORITHM, noise_shape=tf.stack(shape)
        )


class Convolutions(Reader):
    """Convolutions over one to five symbols, and how strongly each has responded so far.

        feature_t = max over s ≤ t of relu(convolution of x_{s-4} ... x_s)

    Source: Y. Kim (2014), arXiv 1408.5882, section 2, at each time of the text.

    Args:
        size: see `Reader`.
        width: the size of the embedding, and how many features there are of each length.
        layers: how many layers of convolutions stand on each other, below the maximum.
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

    def call(self, symbols, key=None):
        """See `Reader.call`."""
        features = self.embed(symbols)
        for convolutions in self.layers_:
            features = tf.concat([convolve(features) for convolve in convolutions], axis=-1)
        return self.drop(running_maximum(features), key, 0)


class Recurrence(Reader):
    """LSTM layers, which are `width` units wide.

    Args:
        size: see `Reader`.
        width: see `Reader`.
        layers: how many layers stand on each other.
        dropout: see `Reader`; of what each layer puts out.
        name: the layer's name.
    """

    def __init__(self, size: int, width: int, layers: int, dropout: float, name: str):
        super().__init__(size, width, dropout, name)
        self.num_features = width
        self.layers_ = [LSTMLayer(width, name=f"layer_{number}") for number in range(layers)]
        for layer in self.layers_:
            layer.build((None, width))
        self.built = True

    def call(self, symbols, key=None):
        """See `Reader.call`."""
        batch, time = tf.unstack(tf.shape(symbols)[:2])
        # What is read at each place is looked up in a table of all places.
        table = self.layers_[0].project(tf.reshape(self.embed(symbols), [-1, self.width]))
        places = tf.transpose(tf.reshape(tf.range(batch * time), [batch, time]))
        state = [layer.zero_state(batch, table.dtype) for layer in self.layers_]
        ones = tf.ones([time, batch, self.width], table.dtype)
        masks = [self.drop(ones, key, number, time_axis=0) for number in range(len(state))]
        weights = recurrence.loop_weights(self.layers_, projected=True)
        outputs, _ = recurrence.unroll(self.layers_, weights, places, table, state, masks)
        return tf.transpose(outputs * masks[-1], [1, 0, 2])


def running_maximum(features):
    """The maximum up to each time, in ⌈log2 time⌉ steps.

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
