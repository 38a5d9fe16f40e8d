"""What every autoregressive model offers: a likelihood, and samples from it."""

import keras
import tensorflow as tf

from zoo import example_spec, samplers
from zoo.vocabulary import up_to_end


class Autoregressive(keras.Model):
    """log Q(x) = Σ_t log Q(x_t | x_{<t}), by a network that reads x_{<t} step by step.

    A subclass defines `initial_state` and `run`.

    Attributes:
        example: the `zoo.example_spec.Text` that it models.
    """

    def __init__(self, example: example_spec.Text, **kwargs):
        super().__init__(**kwargs)
        self.example = example

    def networks(self) -> dict[str, keras.Model]:
        """The networks that the model consists of, by their roles."""
        return {"generator": self}

    def initial_state(self, batch_size):
        """The state before the first symbol, a nest of tensors [batch_size, ...]."""
        raise NotImplementedError

    def run(self, inputs, state, key=None):
        """Reads symbols and predicts the next one after each.

        Args:
            inputs: int32 [batch, time], the start symbol allowed.
            state: what `initial_state` or an earlier `run` returned.
            key: a stateless random key, int64 [2], for dropout; None: no dropout.

        Returns:
            Logits float32 [batch, time, vocabulary size], and the state after the last symbol.
        """
        raise NotImplementedError

    def call(self, inputs, key=None):
        """Logits float32 [batch, time, vocabulary size] after each of inputs [batch, time]."""
        return self.run(inputs, self.initial_state(tf.shape(inputs)[0]), key)[0]

    def step(self, token, state):
        """One step of `run`: logits [batch, vocabulary size] after token [batch], and the state."""
        logits, state = self.run(token[:, None], state)
        return logits[:, 0], state

    def shift(self, tokens):
        """What the model reads when it predicts `tokens`: the start symbol, then all but the last.

        Args:
            tokens: int32 [batch, time].

        Returns:
            int32 [batch, time].
        """
        start = tf.fill([tf.shape(tokens)[0], 1], self.example.vocabulary.start)
        return tf.concat([start, tokens[:, :-1]], axis=-1)

    def weights_of(self, tokens):
        """1 for each symbol that counts (the first end symbol included) and 0 after, float32."""
        return tf.cast(up_to_end(tokens, self.example.vocabulary.end), tf.float32)

    def log_prob(self, tokens):
        """The log-probability log Q(x) in nats.

        Args:
            tokens: int32 [batch, time], each row closed and filled up by the end symbol; a row
                without one is scored as the beginning of a longer text.

        Returns:
            float32 [batch].
        """
        cross_entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=tokens, logits=self(self.shift(tokens))
        )
        return -tf.reduce_sum(self.weights_of(tokens) * cross_entropy, axis=-1)

    def generate(self, seeds, sampler, length=None, prompt=None, prompt_length=None):
        """Draws texts; see `zoo.samplers.decode`."""
        length = self.example.length if length is None else length
        return samplers.decode(self, seeds, sampler, length, prompt, prompt_length)
