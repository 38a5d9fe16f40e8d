"""Negative log-likelihood of held-out data."""

import math
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from zoo import samplers, spec
from zoo.batch import Batch
from zoo.density_ratio.trained import Trained
from zoo.errors import require
from zoo.metrics import Measurement, RunMetric
from zoo.metrics.base import standard_errors
from zoo.metrics.base.contracts import has_likelihood

_BATCH = 250


def measure(run: Trained, *, split: str, count: int, seed: int) -> dict[str, Measurement]:
    """Computes the cross-entropy of P and Q on the whole split, -Σ log Q(x) / Σ length(x).

    With the sampler ancestral(), Q is the model's own distribution, unknown token included. With
    any other sampler, Q is the distribution of its samples: first the unknown token is excluded,
    then whatever the sampler excludes. Examples of likelihood 0 are counted as `never_drawn` (in a
    corpus, tokens are counted) and left out of the mean, as its unit then says. Models are then
    comparable only if that count is the same.

    Separate texts are each scored with their end token, texts longer than the model's length up to
    it; tokens that did not occur in training are scored as the unknown token. A corpus is scored as
    one sequence, each token once, with the state carried over. An image or a point has length 1.
    For class-conditional models the likelihood is that given the label.

    Args:
        run: a trained run.
        split: the name of the split.
        count: unused: the whole split is scored.
        seed: unused: nothing is drawn.

    Returns:
        `nll` in nats per token, the same as `bits_per_character` (characters only), and
        `perplexity` = exp(nll); for images `nll` in nats per image, the same as `bits_per_dim`; for
        points `nll` in nats per point, a density in the points' own unit.
        Standard errors are over examples, for a corpus over pieces of 1,000 tokens, since
        neighbouring tokens are dependent; they are 0 if the split is the whole distribution, and
        None for a single example or piece.
        `never_drawn`, with another sampler than ancestral() or if it is not 0: the number of
        examples, or tokens of a corpus, that cannot be drawn. Infinite values are left out.

    Raises:
        SpecError: nothing of the split can be drawn with the sampler.
    """
    del count, seed
    data, sampler = run.dataset.split(split), _sampler(run.sampler)
    if run.domain.kind == "points":
        score = _points
    elif run.domain.kind == "text" and run.domain.contiguous:
        score = _running
    else:
        score = _examples
    scored = score(run.generator, data, sampler)
    never, of_all = int(np.sum(scored.never)), f"of {np.sum(scored.of):,} {scored.unit}"
    require(
        never < np.sum(scored.of),
        f"nll on {split} has no finite value with the sampler {run.sampler}: none {of_all} can be "
        "drawn; measure it with another --sampler, such as 'ancestral()'.",
    )
    some = scored.lengths > 0
    nats, lengths = (scored.weights[some] * part[some] for part in (scored.nats, scored.lengths))
    value = float(np.sum(nats)) / float(np.sum(lengths))
    error = 0.0 if data.exact else standard_errors.of_ratio(nats, lengths)
    size = int(np.sum(scored.lengths))
    left_out = f", without {never:,} {of_all} that cannot be drawn" if never else ""
    better = None if never else "lower"  # a likelihood of fewer examples is not comparable
    figures = {
        name: Measurement(figure, unit + left_out, error, size, split, better)
        for name, (figure, unit, error) in _figures(run.domain, value, error).items()
        if math.isfinite(figure)
    }
    if sampler is None and not never:
        return figures
    error = 0.0 if data.exact else standard_errors.of_sum(scored.never)
    size = int(np.sum(scored.of))
    return figures | {"never_drawn": Measurement(float(never), of_all, error, size, split, "lower")}


METRIC = RunMetric(has_likelihood, measure)


class _Scored(NamedTuple):
    """Scored examples of a split, or pieces of a corpus.

    Attributes:
        nats: -log Q of the drawable part of each, float64 [count].
        lengths: number of tokens, images or points in that part, [count].
        weights: float64 [count].
        never: number that cannot be drawn, [count].
        of: total number in the same unit, [count].
        unit: that unit, in the plural.
    """

    nats: np.ndarray
    lengths: np.ndarray
    weights: np.ndarray
    never: np.ndarray
    of: np.ndarray
    unit: str


def _sampler(text):
    """Builds the sampler of a spec; None for ancestral(), the model's own distribution."""
    sampler = samplers.of_tokens(text)
    return None if spec.parse(text)[0] == "ancestral" else sampler


def _figures(domain, nll, error):
    """Values, units and standard errors by name."""

    def scaled(factor):
        return None if error is None else error * factor

    bits, bits_error = nll / math.log(2), scaled(1 / math.log(2))
    if domain.kind == "image":
        size = math.prod(domain.shape)
        return {
            "nll": (nll, "nats per image", error),
            "bits_per_dim": (bits / size, "bits per dimension", scaled(1 / math.log(2) / size)),
        }
    if domain.kind == "points":
        return {"nll": (nll, "nats per point", error)}
    level = domain.vocabulary.level
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
    """Scores all examples whose weight is not 0."""

    @tf.function
    def score(batch):
        num_tokens = tf.reduce_sum(model.read(*batch)[2], axis=-1)
        return model.log_prob(*batch, sampler=sampler), num_tokens

    weights = np.ones(len(data)) if data.weights is None else data.weights
    rows = np.flatnonzero(weights)
    parts = [rows[begin : begin + _BATCH] for begin in range(0, len(rows), _BATCH)]
    scored = [score(_batch(data, part, model.domain.num_classes > 0)) for part in parts]
    log_prob, num_tokens = (np.concatenate(each) for each in zip(*scored, strict=True))
    lengths = num_tokens if model.domain.kind == "text" else np.ones(len(rows))
    drawn, unit = ~np.isneginf(log_prob), f"{model.domain.kind}s"
    nats = -np.where(drawn, log_prob, 0.0).astype(np.float64)
    return _Scored(nats, lengths * drawn, weights[rows], ~drawn, np.ones(len(rows), int), unit)


def _points(model, data, sampler):
    """Scores each point; there are no tokens for a sampler to act on."""
    del sampler
    log_prob, ones = model.log_prob(data.values).numpy().astype(np.float64), np.ones(len(data), int)
    drawn = ~np.isneginf(log_prob)
    return _Scored(-np.where(drawn, log_prob, 0.0), 1 * drawn, ones, ~drawn, ones, "points")


def _batch(data, rows, labelled):
    """Gathers examples, with their labels for class-conditional models."""
    return Batch(data.at(rows), data.labels[rows].astype(np.int32) if labelled else None)


def _running(model, data, sampler):
    """Scores the pieces of a corpus, each with weight 1."""

    @tf.function(reduce_retracing=True)
    def score(inputs, targets, state):
        logits, state = model.network.run(inputs, state)
        logits = logits[0]
        if sampler is not None:
            logits = sampler(logits + samplers.never_drawn(model.domain.vocabulary))
        nats = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets[0], logits=logits)
        drawn = ~tf.math.is_inf(nats)
        return tf.reduce_sum(tf.where(drawn, nats, 0.0)), tf.math.count_nonzero(drawn), state

    state, nats, lengths, sizes = model.network.initial_state(1), [], [], []
    before = model.domain.vocabulary.start
    for begin in range(0, len(data), data.PIECE):
        tokens = np.asarray(data.values[begin : begin + data.PIECE], np.int32)
        inputs = tf.constant(np.concatenate([[before], tokens[:-1]])[None], tf.int32)
        before, targets = tokens[-1], tf.constant(tokens[None])
        total, drawn, state = score(inputs, targets, state)
        nats.append(float(total))
        lengths.append(int(drawn))
        sizes.append(targets.shape[1])
    lengths, sizes = np.array(lengths), np.array(sizes)
    ones = np.ones(len(sizes))
    return _Scored(np.array(nats), lengths, ones, sizes - lengths, sizes, "tokens")
