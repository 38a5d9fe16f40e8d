"""How a served pair of an image generator and its discriminator is called."""

import numpy as np
import tensorflow as tf

from export.servable import Servable, Signature

# No component of the noise that a generator is trained with comes near.
MOST_LATENT = 100.0


def build(model, objective, shape: tuple[int, int, int], step: int) -> Servable:
    """The signatures of a generator and a discriminator.

    Args:
        model: has `generator` and `discriminator`, see `zoo.models`.
        objective: what it was trained by, which knows what the discriminator's logits mean.
        shape: of an image.
        step: how many steps it was trained for.
    """
    generator, discriminator = model.generator, model.discriminator
    pi = float(objective.pi_at(step))

    def generate(inputs):
        return {"image": generator.generate(inputs["seed"])}

    def generate_png(inputs):
        return {"image_bytes": png(generator.generate(inputs["seed"]))}

    def decode(inputs):
        return {"image": generator.decode(number(inputs["latent"], -MOST_LATENT, MOST_LATENT))}

    def log_density_ratio(inputs):
        logits = discriminator(number(inputs["image"], 0.0, 1.0))
        return {"log_density_ratio": objective.log_density_ratio(logits, pi)}

    random = np.random.default_rng(0)
    latents = _awkward(random.normal(size=[4, generator.latent_size]))
    images = _awkward(random.uniform(size=[4, *shape]))
    latent, image = (tf.float32, [generator.latent_size]), (tf.float32, list(shape))
    seed, seeds = {"seed": (tf.int64, [])}, {"seed": np.arange(3)}
    drawn = Signature(generate, seed, seeds)
    signatures = {
        "serving_default": drawn,
        "generate": drawn,
        "generate_png": Signature(generate_png, seed, seeds),
        "decode": Signature(decode, {"latent": latent}, {"latent": latents}),
        "log_density_ratio": Signature(log_density_ratio, {"image": image}, {"image": images}),
    }
    return Servable(signatures, generator.variables + discriminator.variables, [])


def number(values, least: float, most: float):
    """The values held between two bounds, NaN as 0.

    JSON has no word for NaN and infinity: no output may hold them, whatever comes in.
    """
    return tf.clip_by_value(tf.where(tf.math.is_nan(values), 0.0, values), least, most)


def _awkward(rows):
    """An example batch with good rows first, then infinity and NaN."""
    rows[-2], rows[-1] = np.inf, np.nan
    return rows.astype(np.float32)


def png(images):
    """The PNG file of each image, strings [batch], from float [batch, height, width, channels]."""
    return tf.io.encode_png(tf.cast(tf.round(255 * images), tf.uint8))
