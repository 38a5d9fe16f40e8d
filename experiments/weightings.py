"""Compares three ways of weighting a discriminator's loss by π: accuracy of the log density ratio.

    python -m experiments.weightings --output FOLDER

trains the same discriminator, with equal numbers of steps and of examples, between a mixture P
and the Gaussian Q that has its moments, where r = log P - log Q is known, and writes
`weightings.json` and `weightings.png`: the median error of the estimated r over π. All three
have the same optimum (see `zoo.objectives.generalised_js`) and differ only in their noise.

Source: F. Huszár (2015), arXiv 1511.05101, section 4, whose recipe is "batch_ratio".
"""

import argparse
import itertools
import pathlib
import typing
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from experiments import plots
from zoo import randomness, spec
from zoo.distributions import gaussian_mixture as mixtures
from zoo.errors import explained
from zoo.objectives.generalised_js import Weighting
from zoo.runs.run_folder import write_json

WEIGHTINGS = typing.get_args(Weighting)
PIS = (0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.99)
SEEDS = (0, 1, 2)
STEPS, NUM_EXAMPLES, LEARNING_RATE = 2000, 512, 3e-3
_COUNT = 10_000


class Known(typing.NamedTuple):
    """P, Q and a discriminator between them.

    Attributes:
        dataset: of P, with `log_prob`.
        generator: Q, with `log_prob`.
        discriminator: untrained.
    """

    dataset: object
    generator: object
    discriminator: keras.Model


def known(seed: int) -> Known:
    """Builds the mixture `mixture_a`, the Gaussian with its moments, and a new discriminator."""
    keras.utils.set_random_seed(seed)
    dataset = spec.build("data", f"gaussian_mixture(count={_COUNT})", None)
    mean, std = mixtures.moments(mixtures.load())
    pair = spec.build("models", f"gaussian(mean={mean.tolist()}, std={std})", dataset.domain)
    return Known(dataset, pair.generator, pair.discriminator)


def trained_error(pi: float, weighting: Weighting, seed: int, steps: int = STEPS) -> float:
    """Trains a discriminator with one of the weightings; returns its median error.

    Args:
        pi: the weight of the data.
        weighting: one of `WEIGHTINGS`.
        seed: for its weights and all draws.
        steps: each with `NUM_EXAMPLES` new examples, of P and Q together.

    Returns:
        See `median_error`.
    """
    game = known(seed)
    objective = spec.build("objectives", f"generalised_js(pi={pi}, weighting={weighting!r})")
    _train(game, objective, seed, steps)
    return median_error(
        lambda points: objective.log_density_ratio(game.discriminator(points), steps), game
    )


def _train(game, objective, seed, steps):
    half, variables = NUM_EXAMPLES // 2, game.discriminator.trainable_variables
    num_real, num_generated = objective.num_real(half), objective.num_generated(half)
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps))
    optimizer.build(variables)

    @tf.function
    def step(number):
        real = game.dataset.train.batch(number, num_real, seed)
        key = randomness.key(seed, number, "samples")
        both = tf.concat([real, game.generator.sample(key, num_generated).values], axis=0)
        with tf.GradientTape() as tape:
            logits = game.discriminator(both)
            loss = objective.discriminator_loss(logits[:num_real], logits[num_real:], number)
        optimizer.apply(tape.gradient(loss, variables), variables)

    for number in range(steps):
        step(tf.constant(number))


def median_error(log_density_ratio: Callable, game: Known) -> float:
    """Computes the median of |estimated r - r|, in nats, over as many test points as samples of Q.

    Args:
        log_density_ratio: a function from points to the estimate of r.
        game: see `Known`.
    """
    samples = game.generator.sample(randomness.key(0, 0, "test samples"), _COUNT).values
    points = tf.concat([game.dataset.test.values, samples], axis=0)
    exact = game.dataset.log_prob(points).numpy() - game.generator.log_prob(points).numpy()
    return float(np.median(np.abs(np.asarray(log_density_ratio(points)) - exact)))


def main(arguments: list[str] | None = None) -> None:
    """Trains, prints, writes and plots; see the module docstring."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=pathlib.Path, required=True, help="for JSON and figure")
    parser.add_argument("--steps", type=int, default=STEPS, help="training steps of each")
    options = parser.parse_args(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    found = {weighting: [] for weighting in WEIGHTINGS}
    for pi, weighting in itertools.product(PIS, WEIGHTINGS):
        errors = [trained_error(pi, weighting, seed, options.steps) for seed in SEEDS]
        found[weighting].append(errors)
        shown = ", ".join(f"{error:.3f}" for error in errors)
        print(f"π = {pi:<5} {weighting:<12} median error {shown} nats", flush=True)
    settings = {
        "steps": options.steps,
        "examples_a_step": NUM_EXAMPLES,
        "learning_rate": LEARNING_RATE,
        "seeds": SEEDS,
        "pi": PIS,
    }
    write_json(options.output / "weightings.json", settings | {"median_error": found})
    plots.save(plots.weightings(PIS, found), options.output / "weightings.png")


if __name__ == "__main__":
    explained(main)()
