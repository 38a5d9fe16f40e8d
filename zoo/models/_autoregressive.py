"""What every autoregressive model offers: a likelihood, and samples from it."""

import keras
import tensorflow as tf

from zoo import example_spec, samplers
from zoo.vocabulary import up_to_end


class Autoregressive(keras.Model):
    """log Q(x) = Σ_t log Q(x_t | x_{<t}), by a network that reads x_{<t} step by step.

    A subclass defines `initial_state` and `step`, `dropout_masks` if it has any, and `run` where
    it has a faster way.

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

    def step(self, token, state, masks=()):
        """Reads one symbol and predicts the next.

        Args:
            token: int32 [batch], the start symbol allowed.
            state: what `initial_state` or an earlier step returned.
            masks: the `dropout_masks` of this time; empty: no dropout.

        Returns:
            Logits float32 [batch, vocabulary size], and the state after the symbol.
        """
        raise NotImplementedError

    def dropout_masks(self, length, batch_size, key):
        """What training multiplies activations by.

        Args:
            length: how many symbols will be read.
            batch_size: of how many texts.
            key: a stateless random key, int64 [2]; None: no dropout.

        Returns:
            A list of tensors [length, batch, ...]; empty without dropout.
        """
        del length, batch_size, key
        return []

    def run(self, inputs, state, key=None, replace=None):
        """Reads symbols and predicts the next one after each.

        Args:
            inputs: int32 [batch, time], the start symbol allowed.
            state: what `initial_state` or an earlier `run` returned.
            key: a stateless random key, int64 [2], for dropout; None: no dropout.
            replace: gives what is read at one time, int32 [batch], from the time t, int32 [],
                inputs[:, t], and the logits that predicted them, float32 [batch, vocabulary
                size] (zeros at time 0). No gradient flows through it. None: `inputs` are read.

        Returns:
            Logits float32 [batch, time, vocabulary size], and the state after the last symbol.
        """
        batch_size, length = _shape(inputs)
        masks = self.dropout_masks(length, batch_size, key)

        def body(t, logits, state, every):
            token = inputs[:, t]
            if replace is not None:
                token = replace(t, token, tf.stop_gradient(logits))
            logits, state = self.step(token, state, [mask[t] for mask in masks])
            return t + 1, logits, state, every.write(t, logits)

        none = tf.zeros([batch_size, self.example.vocabulary.size])
        start = tf.constant(0), none, state, tf.TensorArray(tf.float32, length)
        # XLA differentiates a loop whose number of iterations is told.
        _, _, state, every = tf.while_loop(
            lambda t, *_: t < length, body, start, maximum_iterations=length
        )
        return tf.transpose(every.stack(), [1, 0, 2]), state

    def call(self, inputs, key=None, replace=None):
        """The logits of `run` from the initial state, float32 [batch, time, vocabulary size]."""
        return self.run(inputs, self.initial_state(_shape(inputs)[0]), key, replace)[0]

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

    def log_prob(self, tokens, sampler=lambda logits: logits):
        """The log-probability log Q(x) in nats.

        Args:
            tokens: int32 [batch, time], each row closed and filled up by the end symbol; a row
                without one is scored as the beginning of a longer text.
            sampler: a function from logits [any, vocabulary size] to logits; Q is then what
                `generate` draws from with it, but for the unknown symbol, which is never drawn.

        Returns:
            float32 [batch]; -inf for what the sampler excludes.
        """
        logits = self(self.shift(tokens))
        changed = sampler(tf.reshape(logits, [-1, self.example.vocabulary.size]))
        cross_entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=tokens, logits=tf.reshape(changed, tf.shape(logits))
        )
        return -tf.reduce_sum(self.weights_of(tokens) * cross_entropy, axis=-1)

    def generate(self, seeds, sampler, length=None, prompt=None, prompt_length=None):
        """Draws texts; see `zoo.samplers.decode`."""
        length = self.example.length if length is None else length
        return samplers.decode(self, seeds, sampler, length, prompt, prompt_length)


def _shape(tokens):
    """The batch size and the length, as Python numbers where they are known."""
    both = zip(tokens.shape, tf.unstack(tf.shape(tokens)), strict=True)
    return [static or dynamic for static, dynamic in both]
