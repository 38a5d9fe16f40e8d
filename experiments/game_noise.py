"""Noise of the generator at equilibrium, under the three weightings of π.

    python -m experiments.game_noise

prints the standard deviation of a generator's parameter at equilibrium, exact to first order and
simulated.

The game is the smallest one that has noise: P = N(0, 1), Q = N(θ, 1) and the logit a x + b, by
gradient descent, the discriminator first. Its loss is divided by w(1 - w), w being the weight
of the data in it, so that all weightings learn at one speed and differ by noise alone. Near
θ = a = 0 a step is then linear,

    a <- a - α (a + θ + ξ),   θ <- θ + β a,   Var ξ = 1 / num_real + 1 / num_generated,

with the generator's loss "normalised"; Var ξ is of the difference of the means of the samples.
"""

import argparse

import numpy as np
import scipy.linalg
import tensorflow as tf

from experiments.weightings import WEIGHTINGS
from zoo import spec
from zoo.errors import explained

PIS = 0.01, 0.1, 0.5, 0.9, 0.99
BATCH_SIZE = 256  # of data, and of samples, in the discriminator's batch at π = 1/2
DISCRIMINATOR_RATE, GENERATOR_RATE = 0.05, 0.01  # α, β
STEPS, GAMES = 2000, 64


def resting_std(pi: float, weighting: str) -> float:
    """Computes the stationary standard deviation of θ from the covariance of a linear step.

    Args:
        pi: the weight of the data.
        weighting: one of `WEIGHTINGS`.
    """
    objective = _objective(pi, weighting)
    variance = 1 / objective.num_real(BATCH_SIZE) + 1 / objective.num_generated(BATCH_SIZE)
    discriminator = np.array([1 - DISCRIMINATOR_RATE, -DISCRIMINATOR_RATE])  # of a and θ
    step = np.stack([discriminator, [0, 1] + GENERATOR_RATE * discriminator])
    noise = DISCRIMINATOR_RATE * np.array([1, GENERATOR_RATE])
    covariance = scipy.linalg.solve_discrete_lyapunov(step, variance * np.outer(noise, noise))
    return float(np.sqrt(covariance[1, 1]))


def played_std(pi: float, weighting: str, games: int = GAMES, seed: int = 0) -> float:
    """Simulates the root mean square of θ over the second half of independent games.

    The games start at equilibrium. The losses are those of `zoo.objectives.generalised_js`.

    Args:
        pi: the weight of the data.
        weighting: one of `WEIGHTINGS`.
        games: number of games in parallel.
        seed: for all draws.
    """
    objective = _objective(pi, weighting)
    weight = 0.5 if weighting == "logit_shift" else pi
    generator = tf.random.Generator.from_seed(seed)
    num_real, num_generated = (
        count(BATCH_SIZE) for count in (objective.num_real, objective.num_generated)
    )

    @tf.function
    def play():
        slope, theta, square = (tf.zeros([games], tf.float64) for _ in range(3))
        offset = tf.fill([games], tf.constant(np.log(weight / (1 - weight)), tf.float64))
        for number in tf.range(STEPS):
            real = generator.normal([num_real, games], dtype=tf.float64)
            samples = theta + generator.normal([num_generated, games], dtype=tf.float64)
            with tf.GradientTape() as tape:
                tape.watch([slope, offset])
                # The loss is also a mean over the games.
                loss = games * objective.discriminator_loss(
                    slope * real + offset, slope * samples + offset, number
                )
            by_slope, by_offset = tape.gradient(loss, [slope, offset])
            rate = DISCRIMINATOR_RATE / (weight * (1 - weight))
            slope, offset = slope - rate * by_slope, offset - rate * by_offset
            draws = generator.normal([BATCH_SIZE, games], dtype=tf.float64)
            with tf.GradientTape() as tape:
                tape.watch(theta)
                logits = slope * (theta + draws) + offset
                loss = tf.reduce_sum(objective.generator_loss(logits, number)) / BATCH_SIZE
            theta -= GENERATOR_RATE * tape.gradient(loss, theta)
            square += tf.where(number >= STEPS // 2, theta**2, 0)
        return tf.sqrt(tf.reduce_mean(square) / (STEPS - STEPS // 2))

    return float(play())


def _objective(pi, weighting):
    return spec.build("objectives", f"generalised_js(pi={pi}, weighting={weighting!r})")


def main(arguments: list[str] | None = None) -> None:
    """Prints a table; see the module docstring."""
    argparse.ArgumentParser(description=__doc__.partition("\n")[0]).parse_args(arguments)
    print("π     weighting     exact    played")
    for pi in PIS:
        for weighting in WEIGHTINGS:
            exact, played = resting_std(pi, weighting), played_std(pi, weighting)
            print(f"{pi:<4}  {weighting:<12}  {exact:.5f}  {played:.5f}", flush=True)


if __name__ == "__main__":
    explained(main)()
