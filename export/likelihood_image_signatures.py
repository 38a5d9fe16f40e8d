"""Signatures of a served autoregressive model of images, grey or of binary colours."""

import numpy as np
import tensorflow as tf

from export import labels
from export.image_signatures import number, png
from export.servable import Servable, Signature
from zoo import samplers
from zoo.models.base.sequence_model import SequenceModel

_SEED, _LABEL, _ROWS = (tf.int64, []), (tf.int64, []), (tf.int32, [])


def build(model: SequenceModel, sampler: str | None = None) -> Servable:
    """Builds the signatures of an autoregressive model of images.

    A model that is conditioned on classes takes a label in each signature.

    Args:
        model: see `zoo.models`.
        sampler: the spec of a member of `zoo.samplers`; None: ancestral().

    Raises:
        SpecError: an unknown sampler, or one with arguments out of range.
    """
    images = _Images(model, samplers.of_tokens(sampler or "ancestral()"))
    image = (tf.float32, list(model.domain.shape))
    rows = {
        "seed": np.arange(3),
        "image": np.array([np.zeros(image[1]), np.ones(image[1]), np.full(image[1], np.nan)], "f"),
        "known_rows": np.array([model.domain.shape[0] // 2, 0, -1], np.int32),
        "label": np.array([model.num_starts - 1, 0, model.num_starts]),
    }
    tokens = {"tokens": (tf.int32, [model.sequence.length])}

    def signature(function, **inputs):
        if model.domain.num_classes > 0:
            inputs["label"] = _LABEL
        return Signature(function, inputs, {name: rows[name] for name in inputs})

    generate = signature(images.generate, seed=_SEED)
    signatures = {
        "serving_default": generate,
        "generate": generate,
        "generate_png": signature(images.generate_png, seed=_SEED),
        "score": signature(images.score, image=image),
        "complete": signature(images.complete, image=image, known_rows=_ROWS, seed=_SEED),
        "logits": Signature(images.logits, tokens, {"tokens": _example_tokens(model)}),
    }
    return Servable(signatures, model.variables, [])


class _Images:
    """The functions behind the signatures."""

    def __init__(self, model, sampler):
        self.model, self.sampler = model, sampler
        self.height, self.levels = model.domain.shape[0], model.domain.levels

    def generate(self, inputs):
        """Draws images."""
        classes, wrong = labels.read(inputs, self.model.num_starts)
        return labels.answer(wrong, image=self._draw(inputs["seed"], classes))

    def generate_png(self, inputs):
        """Draws images as PNG files."""
        classes, wrong = labels.read(inputs, self.model.num_starts)
        return labels.answer(wrong, image_bytes=png(self._draw(inputs["seed"], classes)))

    def _draw(self, seeds, classes):
        drawn = self.model.generate(seeds, self.sampler, labels=classes)
        return self.model.to_examples(drawn.tokens)

    def score(self, inputs):
        """Computes the log-probability of images in nats."""
        classes, wrong = labels.read(inputs, self.model.num_starts)
        image, inexact = read(inputs["image"], self.levels)
        return labels.answer(wrong | inexact, log_prob=self.model.log_prob(image, classes))

    def complete(self, inputs):
        """Keeps the upper rows of images and draws the rest."""
        classes, wrong = labels.read(inputs, self.model.num_starts)
        # Pixels below the known rows may be anything.
        below = tf.range(self.height) >= inputs["known_rows"][:, None]
        image = tf.where(below[:, :, None, None], 0.0, inputs["image"])
        image, inexact = read(image, self.levels)
        known = inputs["known_rows"]
        wrong |= inexact
        wrong[f"known_rows should be from 0 to {self.height}."] = (known < 0) | (
            known > self.height
        )
        known = tf.clip_by_value(known, 0, self.height)
        image = self.model.complete(image, known, inputs["seed"], self.sampler, classes)
        return labels.answer(wrong, image=image)

    def logits(self, inputs):
        """Computes the logits after each token; ids that cannot stand there become the nearest."""
        first, size = self.model.sequence.vocabulary.start, self.model.sequence.vocabulary.size
        tokens = inputs["tokens"]
        start = tf.clip_by_value(tokens[:, :1], first, first + self.model.num_starts - 1)
        read = tf.concat([start, tf.clip_by_value(tokens[:, 1:], 0, size - 1)], axis=1)
        return {"logits": self.model.network(read)}


def _example_tokens(model):
    """Start tokens and others, some of which do not exist, int32 [2, length]."""
    vocabulary, length = model.sequence.vocabulary, model.sequence.length
    tokens = np.random.default_rng(0).integers(-1, vocabulary.size + 1, [2, length])
    tokens[:, 0] = vocabulary.start, -1
    return tokens.astype(np.int32)


def read(images: tf.Tensor, levels: int) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
    """Rounds pixels to the nearest of 0, 1 / (levels - 1), ..., 1; NaN becomes 0.

    Args:
        images: float32 [batch, height, width, channels].
        levels: the number of levels.

    Returns:
        The images; and which of them needed it, bool [batch], by a sentence, see `labels.answer`.
    """
    nearest = tf.round(number(images, 0.0, 1.0) * (levels - 1)) / (levels - 1)
    exact = tf.reduce_all(tf.abs(images - nearest) < 1e-3 / levels, axis=[1, 2, 3])
    sentence = f"The image has pixels other than 0, 1/{levels - 1}, ..., 1."
    if levels == 2:
        sentence = "The image has pixels other than 0 and 1."
    return nearest, {sentence: ~exact}
