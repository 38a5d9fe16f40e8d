"""The language model by which texts are measured: one LSTM layer of 128 units, trained anew.

Its size and its training are constants, because figures can only be compared where the judge is
the same. A judge of words is far from the best that there is, but it is that of every run alike.
"""

import functools
import math
import random

import keras
import numpy as np
import tensorflow as tf

from zoo import domains, spec
from zoo.metrics.base import standard_errors
from zoo.tokenizers.vocabulary import up_to_end

SPEC = "lstm(units=128, layers=1)"
NAME = "LSTM of 128 units"

_BATCH, _STEPS, _EPOCHS = 32, 400, 20
_RATE, _CLIP_NORM = 1e-2, 1.0
_CHECKS, _HELD_OUT = 5, 500
_PART = 100  # texts that are scored at once


class Judge:
    """A model of texts that scores them and gives features of them.

    Symbols that are unknown are read, but never predicted: no sample has any, so that they would
    tell samples from real texts by what every model of the zoo leaves out.

    Args:
        example: what one text is.
        seed: of the first weights.

    Attributes:
        model: the `SequenceModel`.
    """

    def __init__(self, example: domains.Text, seed: int):
        self.model, self._vocabulary = _new_model(example, seed), example.vocabulary
        signature = [tf.TensorSpec([None, None], tf.int32)]
        self._nats_in_graph = tf.function(self.nats, input_signature=signature)
        self._states_in_graph = tf.function(self._states, input_signature=signature)

    def nats(self, tokens):
        """-log Q(x) of texts int32 [batch, time], and how many symbols count, float32 [batch]."""
        tokens, hidden, counts = self._read(tokens)
        known = counts & (tokens != self._vocabulary.unknown)
        labels = tf.boolean_mask(tokens, known)
        logits = self.model.network.logits(tf.boolean_mask(hidden, known))
        # The same as TensorFlow's sparse cross-entropy, which takes twice the time to score: it
        # computes a gradient each time.
        nats = tf.reduce_logsumexp(logits, axis=-1) - tf.gather(logits, labels, batch_dims=1)
        rows = tf.where(known)[:, 0]
        totals = tf.math.unsorted_segment_sum(nats, rows, tf.shape(tokens)[0])
        return totals, tf.reduce_sum(tf.cast(known, tf.float32), axis=-1)

    def score(self, tokens: np.ndarray) -> tuple[float, float | None]:
        """-Σ log Q(x) / Σ length(x) in nats per symbol, and its standard error over texts.

        Args:
            tokens: int32 [count, length].
        """
        nats, num_symbols = self._in_parts(self._nats_in_graph, tokens)
        value = np.sum(nats) / np.sum(num_symbols)
        return float(value), standard_errors.of_ratio(nats, num_symbols)

    def states(self, tokens: np.ndarray) -> np.ndarray:
        """The mean of the hidden states from which the symbols are predicted, the end included.

        Args:
            tokens: int32 [count, length].

        Returns:
            float64 [count, 128].
        """
        return self._in_parts(self._states_in_graph, tokens)[0]

    def _states(self, tokens):
        _, hidden, counts = self._read(tokens)
        weights = tf.cast(counts, tf.float32)[:, :, None]
        return (tf.reduce_sum(weights * hidden, axis=1) / tf.reduce_sum(weights, axis=1),)

    def _read(self, tokens):
        """The texts cut to the longest of them, the states [batch, time, units], what counts."""
        counts = up_to_end(tokens, self._vocabulary.end)
        longest = tf.reduce_max(tf.reduce_sum(tf.cast(counts, tf.int32), axis=-1))
        tokens, counts = tokens[:, :longest], counts[:, :longest]
        network = self.model.network
        start = network.initial_state(tf.shape(tokens)[0])
        return tokens, network.hidden(self.model.shift(tokens), start)[0], counts

    def _in_parts(self, function, tokens):
        parts = [function(tokens[i : i + _PART]) for i in range(0, len(tokens), _PART)]
        return [np.concatenate(each).astype(np.float64) for each in zip(*parts, strict=True)]


def trained(tokens: np.ndarray, example: domains.Text, seed: int) -> Judge:
    """What `train` gives; for the last four sets of texts it is remembered, by content."""
    rows = np.ascontiguousarray(tokens, np.int32)
    return _trained(rows.tobytes(), rows.shape, example, seed)


@functools.lru_cache(maxsize=4)
def _trained(rows, shape, example, seed):
    return train(np.frombuffer(rows, np.int32).reshape(shape), example, seed)


def train(tokens: np.ndarray, example: domains.Text, seed: int) -> Judge:
    """A judge trained by maximum likelihood on all but a tenth of the texts (at most 500).

    It makes 400 steps of 32 texts, or 20 epochs where that is less, with Adam, while the learning
    rate falls from 0.01 to 0; of five moments in this time it has the weights of the one at which
    it predicted the held-out tenth best. The texts and the seed decide the result, on a CPU bit
    by bit; random states of other code are left as they were.

    Args:
        tokens: int32 [count, length], at least one text.
        example: what one text is.
        seed: of the weights and of the order of the texts.
    """
    judge, draws = Judge(example, seed), np.random.default_rng(seed)
    order, tenth = draws.permutation(len(tokens)), min(len(tokens) // 10, _HELD_OUT)
    held_out, rest = tokens[order[: max(1, tenth)]], tokens[order[tenth:]]
    steps = min(_STEPS, math.ceil(_EPOCHS * len(rest) / _BATCH))
    checks = {steps * number // _CHECKS for number in range(1, _CHECKS + 1)}
    update = _update(judge, steps, rest)
    best, weights = math.inf, judge.model.get_weights()
    for step, rows in enumerate(_batches(len(rest), steps, draws), start=1):
        update(rest[rows])
        if step in checks and (score := judge.score(held_out)[0]) < best:
            best, weights = score, judge.model.get_weights()
    judge.model.set_weights(weights)
    return judge


def _batches(count, steps, draws):
    """The rows of each step's texts, int64 [steps, batch], in shuffled epochs."""
    epochs = [draws.permutation(count) for _ in range(math.ceil(steps * _BATCH / count))]
    return np.concatenate(epochs)[: steps * _BATCH].reshape(steps, _BATCH)


def _update(judge, steps, texts):
    """The training step of a batch."""
    variables = judge.model.trainable_variables
    rate = keras.optimizers.schedules.CosineDecay(_RATE, steps)
    optimizer = keras.optimizers.Adam(rate, global_clipnorm=_CLIP_NORM)
    optimizer.build(variables)
    # Not the symbols of the batch itself: texts would weigh less the longer their batch is.
    num_symbols = _BATCH * np.mean(judge.model.token_mask(texts).numpy().sum(axis=-1))

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32)])
    def update(tokens):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(judge.nats(tokens)[0]) / num_symbols
        optimizer.apply(tape.gradient(loss, variables), variables)

    return update


def _new_model(example, seed):
    """The model; Keras draws the seed of each weight from Python's random numbers."""
    before = random.getstate()
    random.seed(seed)
    try:
        return spec.build("models", SPEC, example)
    finally:
        random.setstate(before)
