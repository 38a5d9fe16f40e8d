"""Reference language model: an LSTM of one layer with 128 units, trained from scratch.

Its size and its training are constants, because values are comparable only under the same
reference model. On words it is far from the state of the art, but it is the same for every run.
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


class ReferenceLM:
    """A language model that scores texts and extracts features from them.

    Unknown tokens are read, but not predicted: samples never contain them, so predicting them
    would separate samples from real texts by something that every model of the zoo leaves out.

    Args:
        domain: the domain of the texts.
        seed: for the initial weights.

    Attributes:
        model: the `SequenceModel`.
    """

    def __init__(self, domain: domains.Text, seed: int):
        self.model, self._vocabulary = _new_model(domain, seed), domain.vocabulary
        signature = [tf.TensorSpec([None, None], tf.int32)]
        self._nats_in_graph = tf.function(self.nats, input_signature=signature)
        self._states_in_graph = tf.function(self._states, input_signature=signature)

    def nats(self, tokens: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Computes -log Q(x) in nats, and the number of predicted tokens, float32 [batch] each.

        Args:
            tokens: int32 [batch, time].
        """
        tokens, hidden, mask = self._read(tokens)
        known = mask & (tokens != self._vocabulary.unknown)
        labels = tf.boolean_mask(tokens, known)
        logits = self.model.network.logits(tf.boolean_mask(hidden, known))
        # The same as TensorFlow's sparse cross-entropy, which takes twice the time to score: it
        # computes a gradient each time.
        nats = tf.reduce_logsumexp(logits, axis=-1) - tf.gather(logits, labels, batch_dims=1)
        rows = tf.where(known)[:, 0]
        totals = tf.math.unsorted_segment_sum(nats, rows, tf.shape(tokens)[0])
        return totals, tf.reduce_sum(tf.cast(known, tf.float32), axis=-1)

    def score(self, tokens: np.ndarray) -> tuple[float, float | None]:
        """Computes -Σ log Q(x) / Σ length(x) in nats per token, and its standard error over texts.

        Args:
            tokens: int32 [count, length].
        """
        nats, num_tokens = self._in_parts(self._nats_in_graph, tokens)
        value = np.sum(nats) / np.sum(num_tokens)
        return float(value), standard_errors.of_ratio(nats, num_tokens)

    def states(self, tokens: np.ndarray) -> np.ndarray:
        """Averages the hidden states from which the tokens, end token included, are predicted.

        Args:
            tokens: int32 [count, length].

        Returns:
            float64 [count, 128].
        """
        return self._in_parts(self._states_in_graph, tokens)[0]

    def _states(self, tokens):
        _, hidden, mask = self._read(tokens)
        weights = tf.cast(mask, tf.float32)[:, :, None]
        return (tf.reduce_sum(weights * hidden, axis=1) / tf.reduce_sum(weights, axis=1),)

    def _read(self, tokens):
        """Cuts texts to the longest; returns them, states [batch, time, units] and token mask."""
        mask = up_to_end(tokens, self._vocabulary.end)
        longest = tf.reduce_max(tf.reduce_sum(tf.cast(mask, tf.int32), axis=-1))
        tokens, mask, network = tokens[:, :longest], mask[:, :longest], self.model.network
        start = network.initial_state(tf.shape(tokens)[0])
        return tokens, network.hidden(self.model.shift(tokens), start)[0], mask

    def _in_parts(self, function, tokens):
        parts = [function(tokens[i : i + _PART]) for i in range(0, len(tokens), _PART)]
        return [np.concatenate(each).astype(np.float64) for each in zip(*parts, strict=True)]


def trained(tokens: np.ndarray, domain: domains.Text, seed: int) -> ReferenceLM:
    """Returns what `train` returns, cached by content for the last four sets of texts."""
    rows = np.ascontiguousarray(tokens, np.int32)
    return _trained(rows.tobytes(), rows.shape, domain, seed)


@functools.lru_cache(maxsize=4)
def _trained(rows, shape, domain, seed):
    return train(np.frombuffer(rows, np.int32).reshape(shape), domain, seed)


def train(tokens: np.ndarray, domain: domains.Text, seed: int) -> ReferenceLM:
    """Trains a reference language model by maximum likelihood on 90% of the texts.

    The other tenth (at most 500 texts) is held out. Training makes 400 steps of 32 texts, or 20
    epochs if that is less, with Adam and a learning rate that decays from 0.01 to 0; of five
    checkpoints it keeps the one that predicts the held-out texts best. The texts and the seed
    decide the result, on a CPU bit by bit; Python's global random state is left as it was.

    Args:
        tokens: int32 [count, length], at least one text.
        domain: the domain of the texts.
        seed: for the weights and for the order of the texts.
    """
    reference, draws = ReferenceLM(domain, seed), np.random.default_rng(seed)
    order, tenth = draws.permutation(len(tokens)), min(len(tokens) // 10, _HELD_OUT)
    held_out, rest = tokens[order[: max(1, tenth)]], tokens[order[tenth:]]
    steps = min(_STEPS, math.ceil(_EPOCHS * len(rest) / _BATCH))
    checks = {steps * number // _CHECKS for number in range(1, _CHECKS + 1)}
    update = _update(reference, steps, rest)
    best, weights = math.inf, reference.model.get_weights()
    for step, rows in enumerate(_batches(len(rest), steps, draws), start=1):
        update(rest[rows])
        if step in checks and (score := reference.score(held_out)[0]) < best:
            best, weights = score, reference.model.get_weights()
    reference.model.set_weights(weights)
    return reference


def _batches(count, steps, draws):
    """Row indices of each step's texts in shuffled epochs, int64 [steps, batch]."""
    epochs = [draws.permutation(count) for _ in range(math.ceil(steps * _BATCH / count))]
    return np.concatenate(epochs)[: steps * _BATCH].reshape(steps, _BATCH)


def _update(reference, steps, texts):
    """Builds the training step, a function of a batch of texts."""
    variables = reference.model.trainable_variables
    rate = keras.optimizers.schedules.CosineDecay(_RATE, steps)
    optimizer = keras.optimizers.Adam(rate, global_clipnorm=_CLIP_NORM)
    optimizer.build(variables)
    # Not the batch's own number of tokens: texts would weigh less in batches of long texts.
    num_tokens = _BATCH * np.mean(reference.model.token_mask(texts).numpy().sum(axis=-1))

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32)])
    def update(tokens):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(reference.nats(tokens)[0]) / num_tokens
        optimizer.apply(tape.gradient(loss, variables), variables)

    return update


def _new_model(domain, seed):
    """Builds the model; Keras draws the seed of each weight from Python's random numbers."""
    before = random.getstate()
    random.seed(seed)
    try:
        return spec.build("models", SPEC, domain)
    finally:
        random.setstate(before)
