"""Signatures of a served autoregressive model of images, grey or of binary colours."""

import numpy as np
import tensorflow as tf

from export import labels
from export.image_signatures import number, png
from export.servable import Servable, Signature
from zoo import samplers

_SEED, _LABEL, _ROWS = (tf.int64, []), (tf.int64, []), (tf.int32, [])


def build(model, sampler: str | None = None) -> Servable:
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
    }
    return Servable(signatures, model.variables, [])


class _Images:
    """The functions behind the signatures."""

    def __init__(self, model, sampler):
        self.model, self.sampler = model, sampler
        self.height, self.levels = model.domain.shape[0], model.domain.levels

    def generate(self, inputs):
        """Draws images."""
        classes, error = labels.read(inputs, self.model.num_starts)
        drawn = self.model.generate(inputs["seed"], self.sampler, labels=classes)
        return labels.answer(error, image=self.model.to_examples(drawn.tokens))

    def generate_png(self, inputs):
        """Draws images as PNG files."""
        answer = self.generate(inputs)
        return labels.answer(answer["error"], image_bytes=png(answer["image"]))

    def score(self, inputs):
        """Computes the log-probability of images in nats."""
        classes, error = labels.read(inputs, self.model.num_starts)
        image, error = self._read(inputs["image"], error)
        return labels.answer(error, log_prob=self.model.log_prob(image, classes))

    def complete(self, inputs):
        """Keeps the upper rows of images and draws the rest."""
        classes, error = labels.read(inputs, self.model.num_starts)
        # Pixels below the known rows may be anything.
        below = tf.range(self.height) >= inputs["known_rows"][:, None]
        image = tf.where(below[:, :, None, None], 0.0, inputs["image"])
        image, error = self._read(image, error)
        known = inputs["known_rows"]
        possible = (known >= 0) & (known <= self.height)
        error = tf.where(possible, error, f"known_rows should be from 0 to {self.height}.")
        known = tf.clip_by_value(known, 0, self.height)
        image = self.model.complete(image, known, inputs["seed"], self.sampler, classes)
        return labels.answer(error, image=image)

    def _read(self, images, error):
        """Rounds pixels to the model's levels, and adds an error to each row that needed it."""
        pixels = number(images, 0.0, 1.0)
        nearest = tf.round(pixels * (self.levels - 1)) / (self.levels - 1)
        exact = tf.reduce_all(tf.abs(images - nearest) < 1e-3 / self.levels, axis=[1, 2, 3])
        sentence = f"The image has pixels other than 0, 1/{self.levels - 1}, ..., 1."
        if self.levels == 2:
            sentence = "The image has pixels other than 0 and 1."
        return nearest, tf.where(exact, error, sentence)
