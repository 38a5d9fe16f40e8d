"""A discriminator of texts and of all their prefixes."""

import tensorflow as tf

from zoo import domains
from zoo.models.base.discriminator import Discriminator
from zoo.models.layers import float32_sums, text_readers
from zoo.tokenizers.vocabulary import up_to_end

READERS = {"convolutional": text_readers.Convolutions, "recurrent": text_readers.Recurrence}


class TextDiscriminator(Discriminator):
    """Scores texts token by token.

    The logit at time t scores x_{≤t}: no later token changes it. From the end token on it stays
    the same, so that the last one scores the whole text.

    Args:
        domain: the domain.
        reader: a name of `READERS`.
        width: the number of features of the embedding and of each layer.
        layers: the number of the reader's layers.
        dropout: the dropout rate of the reader's features.
    """

    def __init__(self, domain: domains.Text, reader: str, width: int, layers: int, dropout: float):
        super().__init__(name="discriminator")
        self.domain = domain
        self.reader = READERS[reader](domain.vocabulary.size, width, layers, dropout, "reader")
        self.hidden = float32_sums.Dense(width, activation="relu")
        self.logit = float32_sums.Dense(1, dtype="float32")
        self.hidden.build((None, None, self.reader.num_features))
        self.logit.build((None, None, width))
        self.built = True

    def prefix_logits(
        self,
        values: tf.Tensor,
        labels: tf.Tensor | None = None,
        key: tf.Tensor | None = None,
        training: bool = False,
    ):
        """Logits of texts and all their prefixes, float32 [batch, length].

        Args:
            values: int32 [batch, length], or relaxed tokens, float32 [batch, length, vocabulary
                size], whose rows are weights of tokens; the logits are differentiable in these,
                and such a text ends where the end token has the largest weight.
            labels: None: texts come without.
            key: a stateless random key, int64 [2], for dropout; None: no dropout.
            training: has no effect.
        """
        del labels, training
        texts = tf.convert_to_tensor(values)
        relaxed = texts.dtype.is_floating
        shape = [None, self.domain.length, *([self.domain.vocabulary.size] if relaxed else [])]
        if texts.shape[1:] != tf.TensorShape(shape[1:]):
            # A shape that is known needs no operation: TensorFlow.js fails at this one.
            texts = tf.ensure_shape(texts, shape)
        logits = self.logit(self.hidden(self.reader(texts, key=key)))[:, :, 0]
        tokens = tf.argmax(texts, axis=-1, output_type=tf.int32) if relaxed else texts
        mask = tf.cast(up_to_end(tokens, self.domain.vocabulary.end), tf.int32)
        last = tf.reduce_sum(mask, axis=-1, keepdims=True) - 1
        # Counted through all rows: the WebAssembly of TensorFlow.js misreads batch_dims=1.
        begin = self.domain.length * tf.range(tf.shape(logits)[0])[:, None]
        read = begin + tf.minimum(tf.range(self.domain.length), last)
        return tf.gather(tf.reshape(logits, [-1]), read)
