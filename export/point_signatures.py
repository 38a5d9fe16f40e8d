"""How a served generator of points is called."""

import numpy as np
import tensorflow as tf

from export.image_signatures import MOST_LATENT, awkward, number
from export.servable import Servable, Signature
from zoo.models.base.capabilities import Likelihood

# Squares of larger numbers come near to what float32 can hold.
MOST_POINT = 1e6


def build(model, objective, dimension: int, step: int, ratio_scale: float = 1.0) -> Servable:
    """The signatures of a generator of points, and of its discriminator and density if it has any.

    Args:
        model: has `networks()`, see `zoo.models`.
        objective: what it was trained by, which knows what a discriminator's logits mean.
        dimension: how many coordinates a point has.
        step: how many steps it was trained for.
        ratio_scale: what the log density ratio is multiplied by.
    """
    networks = model.networks()
    generator = networks["generator"]
    point = (tf.float32, [dimension])
    points = awkward(np.random.default_rng(0).normal(size=[4, dimension]))
    latents = awkward(np.random.default_rng(1).normal(size=[4, generator.latent_size]))

    def generate(inputs):
        return {"point": generator.generate(inputs["seed"])}

    def decode(inputs):
        return {"point": generator.decode(number(inputs["latent"], -MOST_LATENT, MOST_LATENT))}

    def score(inputs):
        return {"log_prob": generator.log_prob(_read(inputs))}

    def log_density_ratio(inputs):
        logits = networks["discriminator"](_read(inputs))
        ratio = objective.log_density_ratio(logits, float(objective.pi_at(max(step - 1, 0))))
        return {"log_density_ratio": ratio_scale * ratio}

    drawn = Signature(generate, {"seed": (tf.int64, [])}, {"seed": np.arange(3)})
    latent = (tf.float32, [generator.latent_size])
    signatures = {
        "serving_default": drawn,
        "generate": drawn,
        "decode": Signature(decode, {"latent": latent}, {"latent": latents}),
    }
    if isinstance(generator, Likelihood):
        signatures["score"] = Signature(score, {"point": point}, {"point": points})
    if "discriminator" in networks:
        signatures["log_density_ratio"] = Signature(
            log_density_ratio, {"point": point}, {"point": points}
        )
    variables = [variable for network in networks.values() for variable in network.variables]
    return Servable(signatures, variables, [])


def _read(inputs):
    return number(inputs["point"], -MOST_POINT, MOST_POINT)
