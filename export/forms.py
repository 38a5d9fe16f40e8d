"""Signatures for runtimes that have neither strings nor lookup tables nor random numbers.

They are those of a version without what such runtimes lack: numbers in, numbers out. Texts come as
tokens, of a length that is known when a graph is made. A row that the version would answer with an
error has 0.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from export import exporting, labels, likelihood_image_signatures
from export.ratio_estimator import RatioEstimator
from export.servable import Servable, Signature
from zoo.errors import require
from zoo.models.base.latent_generator import LatentGenerator
from zoo.models.base.sequence_model import PatchModel, TextModel
from zoo.runs.run import Run

NAMES = ("decode", "logits", "score", "log_density_ratio")


def build(run: Run, length: int | None = None, calibrated: bool = False) -> Servable:
    """Builds the forms of a run's model that it has of `NAMES`.

    Args:
        run: a trained run.
        length: for text, the number of tokens that the forms read; None: as in training.
        calibrated: see `export.export`.

    Raises:
        SpecError: a length that cannot be, or nothing to be calibrated.
    """
    return exporting.with_ratio(run, lambda scale: _build(run, length, scale), calibrated)


def _build(run, length, ratio_scale):
    if not isinstance(run.generator, TextModel):
        return _of_numbers(run, exporting.signatures(run, None, length, ratio_scale))
    length = run.domain.length if length is None else length
    require(length >= 1, f"length={length} should be at least 1.")
    return of_texts(run.generator, length, exporting.ratio_estimator(run, ratio_scale))


def _of_numbers(run, served: Servable) -> Servable:
    """The forms of images and points."""
    found = {name: served.signatures[name] for name in NAMES if name in served.signatures}
    if isinstance(run.generator, PatchModel):
        found["score"] = dataclasses.replace(found["score"], function=_score_of(run.generator))
    forms = {name: _without_error(signature) for name, signature in found.items()}
    metadata = served.metadata
    if isinstance(run.generator, LatentGenerator):
        drawn = {"prior": run.generator.prior, "num_classes": run.generator.num_classes}
        metadata = metadata | drawn
    return dataclasses.replace(served, signatures=forms, tables=[], metadata=metadata)


def _without_error(signature: Signature) -> Signature:
    """The signature without its error, and with labels as int32, the only integers of browsers."""

    def function(inputs):
        answer = signature.function(inputs)
        return {name: rows for name, rows in answer.items() if name != "error"}

    inputs = dict(signature.inputs)
    if "label" in inputs:
        inputs["label"] = (tf.int32, [])
    return dataclasses.replace(signature, function=function, inputs=inputs)


def _score_of(model: PatchModel):
    """The function from images to their log-probability in nats."""

    def score(inputs):
        classes, wrong = labels.read(inputs, model.num_starts)
        image, inexact = likelihood_image_signatures.read(inputs["image"], model.domain.levels)
        tokens = model.to_tokens(image)
        nats = log_probs(model.network(model.shift(tokens, classes)), tokens)
        return labels.answer(wrong | inexact, log_prob=tf.reduce_sum(nats, axis=-1))

    return score


def of_texts(model: TextModel, length: int, estimator: RatioEstimator | None = None) -> Servable:
    """Builds the forms of a language model.

    `num_tokens` says how many of a row's tokens count, the end token among them.

    Args:
        model: see `zoo.models`.
        length: the number of tokens of a row.
        estimator: of the log density ratio, where one was trained with the model.
    """
    vocabulary = model.domain.vocabulary

    def logits(inputs):
        """Computes the logits after each token; ids of no token are read as 0 (unknown)."""
        return {"logits": model.network(_known(inputs["tokens"], vocabulary.start))}

    def score(inputs):
        """Computes the log-probability of texts, without a start token."""
        tokens = _known(inputs["tokens"], vocabulary.size - 1)
        nats = log_probs(model.network(model.shift(tokens)), tokens)
        covered = tf.range(length) < inputs["num_tokens"][:, None]
        return {"log_prob": tf.reduce_sum(tf.where(covered, nats, 0.0), axis=-1)}

    def log_density_ratio(inputs):
        """Estimates log P - log Q of texts, or of prefixes of contiguous ones."""
        count = inputs["num_tokens"][:, None]
        tokens = _known(inputs["tokens"], vocabulary.size - 1)
        tokens = tf.where(tf.range(length) < count, tokens, max(vocabulary.end, 0))
        ratios = estimator.log_density_ratio(estimator.discriminator.prefix_logits(tokens))
        last = tf.range(length) == count - 1
        return {"log_density_ratio": tf.reduce_sum(tf.where(last, ratios, 0.0), axis=-1)}

    tokens, num_tokens = (tf.int32, [length]), (tf.int32, [])
    rows = _example_tokens(vocabulary, length)
    text = {"tokens": tokens, "num_tokens": num_tokens}
    examples = {"tokens": rows[:, 1:], "num_tokens": np.array([length, 1, 0, length // 2], "i")}
    forms = {
        "logits": Signature(logits, {"tokens": tokens}, {"tokens": rows[:, :-1]}),
        "score": Signature(score, text, examples),
    }
    variables = list(model.variables)
    # The discriminator reads texts of its own length only.
    if estimator is not None and length == model.domain.length:
        forms["log_density_ratio"] = Signature(log_density_ratio, text, examples)
        variables += estimator.discriminator.variables
    names = [*map(str, vocabulary.tokens)]
    special = {"start": vocabulary.start, "end": vocabulary.end, "unknown": vocabulary.unknown}
    metadata = {"tokens": names, "unit": vocabulary.unit} | special
    return Servable(forms, variables, [], metadata)


def log_probs(logits: tf.Tensor, tokens: tf.Tensor):
    """Log-probabilities of tokens in nats, float32 [batch, time].

    Args:
        logits: float32 [batch, time, size].
        tokens: int32 [batch, time].
    """
    chosen = tf.range(logits.shape[-1]) == tokens[:, :, None]
    return tf.reduce_sum(tf.where(chosen, tf.nn.log_softmax(logits), 0.0), axis=-1)


def _known(tokens, last):
    """Ids from 0 to `last`; others become 0."""
    return tf.where((tokens >= 0) & (tokens <= last), tokens, 0)


def _example_tokens(vocabulary, length):
    """Start tokens and others, of which some do not exist, int32 [4, length + 1]."""
    shape = [4, length + 1]
    tokens = np.random.default_rng(0).integers(-1, vocabulary.size + 2, shape).astype(np.int32)
    tokens[:, 0] = vocabulary.start
    return tokens
