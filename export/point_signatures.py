"""Signatures of a served generator of points."""

import numpy as np
import tensorflow as tf

from export.image_signatures import MOST_LATENT, awkward, number
from export.ratio_estimator import RatioEstimator
from export.servable import Servable, Signature
from zoo.models.base.capabilities import Likelihood
from zoo.models.base.latent_generator import LatentGenerator
from zoo.runs import refining
from zoo.runs.refining import Refiner

# Squares of larger numbers come near to what float32 can hold.
MOST_POINT = 1e6


def build(
    generator: LatentGenerator,
    dimension: int,
    estimator: RatioEstimator | None = None,
    refiner: Refiner | None = None,
) -> Servable:
    """Builds the signatures of a generator, its density and its estimator, if it has these.

    Args:
        generator: see `zoo.models`.
        dimension: the number of coordinates of a point.
        estimator: of the log density ratio, where one was trained with the generator.
        refiner: chooses among candidates, where refined samples are served too.
    """
    point = (tf.float32, [dimension])
    points = awkward(np.random.default_rng(0).normal(size=[4, dimension]))
    latents = awkward(np.random.default_rng(1).normal(size=[4, generator.latent_size]))
    log_scale = refiner.log_scale() if refiner is not None else None

    def generate(inputs):
        """Draws a point for each seed."""
        return {"point": generator.generate(inputs["seed"])}

    def decode(inputs):
        """Maps latents to points."""
        return {"point": generator.decode(number(inputs["latent"], -MOST_LATENT, MOST_LATENT))}

    def score(inputs):
        """The log-density of points, in nats."""
        return {"log_prob": generator.log_prob(_read(inputs))}

    def log_density_ratio(inputs):
        """Estimates log P - log Q of points, in nats."""
        logits = estimator.discriminator(_read(inputs))
        return {"log_density_ratio": estimator.log_density_ratio(logits)}

    def generate_refined(inputs):
        """Chooses a point among candidates for each seed."""
        draw = refining.candidates(generator, None)
        chosen = refiner.choose(draw, refiner.log_ratio, inputs["seed"], log_scale)
        return {"point": chosen.drawn[0], "num_candidates": chosen.candidates}

    drawn = Signature(generate, {"seed": (tf.int64, [])}, {"seed": np.arange(3)})
    latent = (tf.float32, [generator.latent_size])
    signatures = {
        "serving_default": drawn,
        "generate": drawn,
        "decode": Signature(decode, {"latent": latent}, {"latent": latents}),
    }
    if isinstance(generator, Likelihood):
        signatures["score"] = Signature(score, {"point": point}, {"point": points})
    variables = list(generator.variables)
    if estimator is not None:
        signatures["log_density_ratio"] = Signature(
            log_density_ratio, {"point": point}, {"point": points}
        )
        variables += estimator.discriminator.variables
    if refiner is not None:
        signatures["generate_refined"] = Signature(
            generate_refined, {"seed": (tf.int64, [])}, {"seed": np.arange(3)}
        )
    return Servable(signatures, variables, [])


def _read(inputs):
    return number(inputs["point"], -MOST_POINT, MOST_POINT)
