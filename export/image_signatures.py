"""Signatures of a served generator of images, grey or colour, and of its discriminator."""

import numpy as np
import tensorflow as tf

from export import labels
from export.ratio_estimator import RatioEstimator
from export.servable import Servable, Signature
from zoo.models.base.latent_generator import LatentGenerator
from zoo.runs import refining
from zoo.runs.refining import Refiner

# Components of the noise that generators are trained with come nowhere near.
MOST_LATENT = 100.0


def build(
    generator: LatentGenerator,
    shape: tuple[int, int, int],
    estimator: RatioEstimator | None = None,
    refiner: Refiner | None = None,
) -> Servable:
    """Builds the signatures of a generator, and of its discriminator if one was trained with it.

    A model that is conditioned on classes takes a label in each signature.

    Args:
        generator: see `zoo.models`.
        shape: (height, width, channels) of an image, see `zoo.domains.Image`.
        estimator: of the log density ratio, where one was trained with the generator.
        refiner: chooses among candidates, where refined samples are served too.
    """
    images = _Images(generator, estimator, refiner)
    size, classes = generator.latent_size, generator.num_classes
    random = np.random.default_rng(0)
    rows = {
        "seed": np.arange(3),
        "latent": awkward(random.normal(size=[4, size])),
        "image": awkward(random.uniform(size=[4, *shape])),
    }
    inputs = {"seed": (tf.int64, []), "latent": (tf.float32, [size]), "image": (tf.float32, shape)}

    def signature(function, name):
        given = {name: inputs[name]} | ({"label": (tf.int64, [])} if classes else {})
        label = np.array([classes - 1, 0, classes, -1])[: len(rows[name])]
        examples = {name: rows[name], "label": label}
        return Signature(function, given, {key: examples[key] for key in given})

    drawn = signature(images.generate, "seed")
    signatures = {
        "serving_default": drawn,
        "generate": drawn,
        "generate_png": signature(images.generate_png, "seed"),
        "decode": signature(images.decode, "latent"),
    }
    variables = list(generator.variables)
    if estimator is not None:
        signatures["log_density_ratio"] = signature(images.log_density_ratio, "image")
        variables += estimator.discriminator.variables
    if refiner is not None:
        signatures["generate_refined"] = signature(images.generate_refined, "seed")
    return Servable(signatures, variables, [])


class _Images:
    """The functions behind the signatures."""

    def __init__(self, generator, estimator, refiner):
        self.generator, self.estimator, self.refiner = generator, estimator, refiner
        self.log_scale = refiner.log_scale() if refiner is not None else None

    def generate(self, inputs):
        """Draws images."""
        classes, wrong = labels.read(inputs, self.generator.num_classes)
        image = self.generator.generate(inputs["seed"], classes)
        return _answer(inputs, wrong, image=image)

    def generate_png(self, inputs):
        """Draws images as PNG files."""
        classes, wrong = labels.read(inputs, self.generator.num_classes)
        image = self.generator.generate(inputs["seed"], classes)
        return _answer(inputs, wrong, image_bytes=png(image))

    def generate_refined(self, inputs):
        """Draws images, chosen among candidates."""
        classes, error = labels.read(inputs, self.generator.num_classes)
        draw = refining.candidates(self.generator, classes)
        log_ratio, seed = self.refiner.log_ratio, inputs["seed"]
        chosen = self.refiner.choose(draw, log_ratio, seed, self.log_scale)
        image, num_candidates = chosen.drawn[0], chosen.candidates
        return _answer(inputs, error, image=image, num_candidates=num_candidates)

    def decode(self, inputs):
        """Decodes latents to images: neither draws nor strings, which some formats do not have."""
        latent = number(inputs["latent"], -MOST_LATENT, MOST_LATENT)
        if "label" not in inputs:
            return {"image": self.generator.decode(latent)}
        label = tf.clip_by_value(inputs["label"], 0, self.generator.num_classes - 1)
        return {"image": self.generator.decode(latent, label)}

    def log_density_ratio(self, inputs):
        """Estimates log P - log Q by the discriminator."""
        classes, wrong = labels.read(inputs, self.generator.num_classes)
        image = number(inputs["image"], 0.0, 1.0)
        ratio = self.estimator.log_density_ratio(self.estimator.discriminator(image, classes))
        return _answer(inputs, wrong, log_density_ratio=ratio)


def _answer(inputs, wrong, **outputs):
    """Adds the rows' errors, which only a label can have."""
    return labels.answer(wrong, **outputs) if "label" in inputs else outputs


def number(values: tf.Tensor, least: float, most: float) -> tf.Tensor:
    """Clips values to two bounds; NaN becomes 0.

    JSON has no word for NaN and infinity: no output may hold them, whatever comes in.
    """
    return tf.clip_by_value(tf.where(tf.math.is_nan(values), 0.0, values), least, most)


def awkward(rows: np.ndarray) -> np.ndarray:
    """Replaces the last two rows by infinity and NaN, float32."""
    rows[-2], rows[-1] = np.inf, np.nan
    return rows.astype(np.float32)


def png(images: tf.Tensor) -> tf.Tensor:
    """Encodes images as PNG files.

    Args:
        images: float [batch, height, width, channels] in [0, 1], 1 channel (grey) or 3 (RGB).

    Returns:
        Strings [batch].
    """
    return tf.io.encode_png(tf.cast(tf.round(255 * images), tf.uint8))
