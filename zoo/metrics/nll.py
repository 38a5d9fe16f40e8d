"""Negative log-likelihood of held-out data."""

import math

import numpy as np
import tensorflow as tf

from zoo import spec
from zoo.metrics import Measurement, _standard_errors

_BATCH = 250
_CHUNK = 1000


def applies(run) -> bool:
    """Whether the model has a tractable likelihood."""
    return hasattr(run.generator, "log_prob")


def measure(run, *, split: str, count: int, seed: int) -> dict[str, Measurement]:
    """The cross-entropy of P and Q on the whole split, -Σ log Q(x) / Σ length(x).

    Q is what the run's sampler makes of the model. Texts of their own are scored each with its
    end symbol, those that are longer than the model's length up to it; symbols that training did
    not have count as the unknown one. Running text is scored as one sequence, each symbol once,
    with the state carried over. An image or a point has length 1, and where models are conditioned
    on labels, its likelihood is that given its label.

    Args:
        run: a trained run.
        split: the name of the split.
        count: not used: all of the split is scored.
        seed: not used: nothing is drawn.

    Returns:
        `nll` in nats per symbol, the same as `bits_per_character` (characters only), and
        `perplexity` = exp(nll); of images `nll` in nats per image, the same as `bits_per_dim`; of
        points `nll` in nats per point, of a density and so in the unit that the points have.
        Standard errors are over examples, or over pieces of 1,000 symbols of running text, since
        neighbouring symbols are not independent; they are zero where the data are no sample,
        and there are none of a single example or piece.
        Figures that are infinite are left out: all of them where the sampler excludes something
        that the split has.
    """
    del count, seed
    data, sampler = run.dataset.split(split), spec.build("samplers", run.sampler)
    if run.example.kind == "points":
        score = _points
    elif run.example.kind == "text" and run.example.running:
        score = _running
    else:
        score = _examples
    nats, lengths, weights = score(run.generator, data, sampler)
    if np.isinf(nats).any():
        return {}
    total = float(np.sum(weights * lengths))
    value = float(np.sum(weights * nats)) / total
    error = _standard_errors.of_ratio(weights * nats, weights * lengths)
    figures = _figures(run.example, value, 0.0 if data.exact else error)
    size = int(np.sum(lengths))
    return {
        name: Measurement(figure, unit, error, size, split, "lower")
        for name, (figure, unit, error) in figures.items()
        if math.isfinite(figure)
    }


def _figures(example, nll, error):
    """Name -> value, unit and standard error."""

    def scaled(factor):
        return None if error is None else error * factor

    bits, bits_error = nll / math.log(2), scaled(1 / math.log(2))
    if example.kind == "image":
        size = math.prod(example.shape)
        return {
            "nll": (nll, "nats per image", error),
            "bits_per_dim": (bits / size, "bits per dimension", scaled(1 / math.log(2) / size)),
        }
    if example.kind == "points":
        return {"nll": (nll, "nats per point", error)}
    level = example.vocabulary.level
    with np.errstate(over="ignore"):
        perplexity = float(np.exp(nll))
    figures = {
        "nll": (nll, f"nats per {level}", error),
        "perplexity": (perplexity, f"per {level}", scaled(perplexity)),
    }
    if level == "character":
        figures["bits_per_character"] = (bits, "bits", bits_error)
    return figures


def _examples(model, data, sampler):
    """Nats, length and weight of each example that does occur."""

    @tf.function
    def score(examples):
        num_symbols = tf.reduce_sum(model.read(examples)[2], axis=-1)
        return model.log_prob(examples, sampler), num_symbols

    weights = np.ones(len(data)) if data.weights is None else data.weights
    rows = np.flatnonzero(weights)
    parts = [rows[begin : begin + _BATCH] for begin in range(0, len(rows), _BATCH)]
    scored = [score(_batch(data, part, model.example.num_classes > 0)) for part in parts]
    log_prob, num_symbols = (np.concatenate(each) for each in zip(*scored, strict=True))
    lengths = num_symbols if model.example.kind == "text" else np.ones(len(rows))
    return -log_prob, lengths, weights[rows]


def _points(model, data, sampler):
    """Nats of each point; there are no symbols for a sampler to choose from."""
    del sampler
    ones = np.ones(len(data))
    return -model.log_prob(data.values).numpy().astype(np.float64), ones, ones


def _batch(data, rows, labelled):
    """These examples, as models that are conditioned on labels want them or as others do."""
    return (data.at(rows), data.labels[rows].astype(np.int32)) if labelled else data.at(rows)


def _running(model, data, sampler):
    """Nats and symbols of each piece of the text; every piece has weight 1."""
    inputs = np.concatenate([[model.example.vocabulary.start], data.values[:-1]])

    @tf.function(reduce_retracing=True)
    def score(inputs, targets, state):
        logits, state = model.run(inputs, state)
        nats = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=targets[0], logits=sampler(logits[0])
        )
        return tf.reduce_sum(nats), state

    state, nats, num_symbols = model.initial_state(1), [], []
    for begin in range(0, len(data), _CHUNK):
        piece = slice(begin, begin + _CHUNK)
        targets = tf.constant(data.values[piece][None])
        total, state = score(tf.constant(inputs[piece][None], tf.int32), targets, state)
        nats.append(total.numpy())
        num_symbols.append(targets.shape[1])
    return np.array(nats), np.array(num_symbols), np.ones(len(nats))
