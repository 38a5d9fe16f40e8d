"""A judge of texts and of all their beginnings."""

import keras
import tensorflow as tf

from zoo import domains
from zoo.models.layers import float32_sums, text_readers
from zoo.tokenizers.vocabulary import up_to_end

READERS = {"convolutional": text_readers.Convolutions, "recurrent": text_readers.Recurrence}


class TextDiscriminator(keras.Model):
    """A judge of texts: what its logits estimate is for the objective to say.

    The logit at time t is a verdict on x_{≤t}: no later symbol changes it. From the end symbol on
    it stays what it is there, so that the last one is the verdict on the whole text.

    Args:
        example: what one text is.
        reader: a name of `READERS`.
        width: of the embedding and of each layer.
        layers: how many layers the reader has.
        dropout: the share of the reader's features that is set to zero in training.
    """

    def __init__(self, example: domains.Text, reader: str, width: int, layers: int, dropout: float):
        super().__init__(name="discriminator")
        self.example = example
        self.reader = READERS[reader](example.vocabulary.size, width, layers, dropout, "reader")
        self.hidden = float32_sums.Dense(width, activation="relu")
        self.logit = float32_sums.Dense(1, dtype="float32")
        self.hidden.build((None, None, self.reader.num_features))
        self.logit.build((None, None, width))
        self.built = True

    def call(self, texts, labels=None, key=None, training=False):
        """The logits of whole texts, float32 [batch]; arguments as in `prefix_logits`."""
        return self.prefix_logits(texts, labels, key, training)[:, -1]

    def prefix_logits(self, texts, labels=None, key=None, training=False):
        """The logits of all prefixes of texts, float32 [batch, length].

        Args:
            texts: int32 [batch, length], or relaxed symbols, float32 [batch, length, vocabulary
                size], whose rows are weights of symbols; the verdicts are differentiable in
                these, and such a text ends where the end symbol has the largest weight.
            key: int64 [2]: dropout is on, and drawn by this key. None: dropout is off.
            labels: None: texts come without.
            training: has no effect.
        """
        del labels, training
        texts = tf.convert_to_tensor(texts)
        relaxed = texts.dtype.is_floating
        shape = [None, self.example.length, *([self.example.vocabulary.size] if relaxed else [])]
        texts = tf.ensure_shape(texts, shape)
        logits = self.logit(self.hidden(self.reader(texts, key=key)))[:, :, 0]
        symbols = tf.argmax(texts, axis=-1, output_type=tf.int32) if relaxed else texts
        counted = tf.cast(up_to_end(symbols, self.example.vocabulary.end), tf.int32)
        last = tf.reduce_sum(counted, axis=-1, keepdims=True) - 1
        return tf.gather(logits, tf.minimum(tf.range(shape[1]), last), batch_dims=1)
