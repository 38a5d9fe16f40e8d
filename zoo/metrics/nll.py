"""Negative log-likelihood of held-out data."""

import math

import numpy as np
import tensorflow as tf

from zoo.metrics import Measurement

_BATCH = 250
_CHUNK = 1000


def applies(run) -> bool:
    """Whether the model has a tractable likelihood."""
    return hasattr(run.generator, "log_prob")


def measure(run, *, split: str, count: int, seed: int) -> dict[str, Measurement]:
    """The cross-entropy of P and Q on the whole split, -Σ log Q(x) / Σ length(x).

    Texts of their own are scored each with its end symbol, those that are longer than the model's
    length up to it; symbols that training did not have count as the unknown one. Running text is
    scored as one sequence, each symbol once, with the state carried over.

    Args:
        run: a trained run.
        split: the name of the split.
        count: not used: all of the split is scored.
        seed: not used: nothing is drawn.

    Returns:
        `nll` in nats per symbol, the same as `bits_per_character` (characters only), and
        `perplexity` = exp(nll). Standard errors are over texts, or over pieces of 1,000 symbols
        of running text, since neighbouring symbols are not independent; they are zero where the
        data are no sample.
    """
    del count, seed
    data = run.dataset.split(split)
    score = _running if run.example.running else _sequences
    nats, num_symbols, weights = score(run.generator, data)
    symbols = np.sum(weights * num_symbols)
    value = np.sum(weights * nats) / symbols
    error = math.sqrt(np.sum((weights * (nats - value * num_symbols)) ** 2)) / symbols
    error = 0.0 if data.exact else error
    size = int(np.sum(num_symbols))
    level = run.example.vocabulary.level
    measured = {
        "nll": Measurement(value, f"nats per {level}", error, size, split, "lower"),
        "perplexity": Measurement(
            math.exp(value), f"per {level}", math.exp(value) * error, size, split, "lower"
        ),
    }
    if level == "character":
        bits = value / math.log(2), error / math.log(2)
        measured["bits_per_character"] = Measurement(bits[0], "bits", bits[1], size, split, "lower")
    return measured


def _sequences(model, data):
    """Nats, symbols and weight of each text."""
    score = tf.function(lambda tokens: (model.log_prob(tokens), model.weights_of(tokens)))
    nats, num_symbols = [], []
    for begin in range(0, len(data), _BATCH):
        log_prob, counts = score(data.at(tf.range(begin, min(begin + _BATCH, len(data)))))
        nats.append(-log_prob.numpy())
        num_symbols.append(counts.numpy().sum(axis=-1))
    weights = np.ones(len(data)) if data.weights is None else data.weights
    return np.concatenate(nats), np.concatenate(num_symbols), weights


def _running(model, data):
    """Nats and symbols of each piece of the text; every piece has weight 1."""
    inputs = np.concatenate([[model.example.vocabulary.start], data.values[:-1]])

    @tf.function(reduce_retracing=True)
    def score(inputs, targets, state):
        logits, state = model.run(inputs, state)
        nats = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits)
        return tf.reduce_sum(nats), state

    state, nats, num_symbols = model.initial_state(1), [], []
    for begin in range(0, len(data), _CHUNK):
        piece = slice(begin, begin + _CHUNK)
        targets = tf.constant(data.values[piece][None])
        total, state = score(tf.constant(inputs[piece][None], tf.int32), targets, state)
        nats.append(total.numpy())
        num_symbols.append(targets.shape[1])
    return np.array(nats), np.array(num_symbols), np.ones(len(nats))
