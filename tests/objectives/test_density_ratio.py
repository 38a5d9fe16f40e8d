"""The density ratio alone: its loss is the bound, and its optimum the ratio."""

import math

import numpy as np
import pytest
import tensorflow as tf

from zoo import divergences, spec
from zoo.errors import SpecError
from zoo.objectives import density_ratio

P, Q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.2, 0.6])
R = np.log(P) - np.log(Q)
COUNTS = [np.repeat(np.arange(3), np.round(10 * p).astype(int)) for p in (P, Q)]


def losses(objective, logits):
    real, generated = (tf.gather(tf.convert_to_tensor(logits), rows) for rows in COUNTS)
    return [f(real, generated, 0) for f in (objective.discriminator_loss,
                                            objective.divergence_bound)]  # fmt: skip


@pytest.mark.parametrize("pi", [0.03, 0.5, 0.9])
def test_at_the_ratio_the_bound_is_the_divergence_and_the_slope_is_zero(pi):
    objective, logits = density_ratio.build(pi=pi), tf.Variable(R)
    with tf.GradientTape() as tape:
        loss, bound = losses(objective, logits)
    exact = divergences.generalised_js(np.log(P), np.log(Q), pi)
    np.testing.assert_allclose(bound, exact, rtol=1e-12)
    np.testing.assert_allclose(tf.convert_to_tensor(tape.gradient(loss, logits)), 0, atol=1e-12)
    np.testing.assert_array_equal(objective.log_density_ratio(R, 7), R)


@pytest.mark.parametrize("pi", [0.03, 0.5, 0.9])
def test_loss_and_bound_are_those_of_the_mixture(pi):
    """Of any logits, by NumPy: M's posterior of the data is σ(logit + log-odds of π)."""
    logits = np.array([0.7, -1.1, 0.2])
    posterior = 1 / (1 + np.exp(-logits) * (1 - pi) / pi)
    expected = -pi * P @ np.log(posterior) - (1 - pi) * Q @ np.log(1 - posterior)
    loss, bound = losses(density_ratio.build(pi=pi), logits)
    entropy = -pi * math.log(pi) - (1 - pi) * math.log(1 - pi)
    np.testing.assert_allclose([loss, bound], [expected, entropy - expected], rtol=1e-12)


def test_it_logs_the_bound():
    logits = tf.constant([0.3, -0.2])
    figures = density_ratio.build().diagnostics(logits, logits, 0)
    assert figures.keys() == {"divergence_bound"}


@pytest.mark.parametrize("text", ["density_ratio(pi=0.0)", "density_ratio(pi=1.0)"])
def test_pi_is_between_zero_and_one(text):
    with pytest.raises(SpecError, match="pi="):
        spec.build("objectives", text)


def test_a_penalty_below_zero_is_refused():
    with pytest.raises(SpecError, match="r1=-1"):
        density_ratio.build(r1=-1)
