"""A penalty and a noise whose values are known in closed form."""

import numpy as np
import pytest
import tensorflow as tf

from zoo import Experiment, randomness, spec
from zoo.batch import Batch
from zoo.errors import SpecError
from zoo.objectives import generalised_js
from zoo.objectives.base.regularisation import GradientPenalty, InstanceNoise
from zoo.runs import building

KEY = randomness.key(0, 0, "noise")


def test_the_penalty_of_a_known_slope():
    """D(x) = x1² + 3 x2 has the squared slope 4 x1² + 9."""
    points = np.random.default_rng(0).normal(size=[6, 2]).astype(np.float32)
    penalty = GradientPenalty(0.5)(
        lambda x, labels: x[:, :1] ** 2 + 3 * x[:, 1:], Batch(tf.constant(points))
    )
    expected = 0.25 * np.mean(4 * points[:, 0] ** 2 + 9)
    np.testing.assert_allclose(penalty, expected, rtol=1e-6)


@pytest.mark.parametrize("weighting", ["logit_shift", "loss_weights", "batch_ratio"])
def test_r1_is_half_of_the_gamma_of_its_source(weighting):
    """Half of the source's loss, E_P[softplus(-D)] + E_Q[softplus(D)] + γ/2 E_P[|∇D|²]."""
    objective = generalised_js.build(pi=0.5, weighting=weighting, r1=5.0)
    real, generated = tf.constant([[1.0, -2.0], [0.5, 3.0]]), tf.constant([[0.0, 1.0], [2.0, 2.0]])

    def discriminator(x, labels=None):
        return tf.reduce_sum(x**2, axis=-1)  # |∇D|² = 4 |x|²

    loss = objective.discriminator_loss(discriminator(real), discriminator(generated), 0)
    actual = loss + objective.gradient_penalty(discriminator, Batch(real))
    cross_entropy = np.mean(np.log1p(np.exp(-discriminator(real)))) + np.mean(
        np.log1p(np.exp(discriminator(generated)))
    )
    gamma = 10
    expected = cross_entropy + gamma / 2 * np.mean(4 * discriminator(real))
    np.testing.assert_allclose(2 * actual, expected, rtol=1e-6)


def test_labels_stay_and_take_no_part():
    points, labels = tf.ones([4, 2]), tf.range(4)
    noisy, same = InstanceNoise(0.3)(Batch(points, labels), 0, KEY)
    np.testing.assert_array_equal(same, labels)
    assert noisy.shape == points.shape
    # The slope of c(label) x1 is c(label).
    penalty = GradientPenalty(1.0)(
        lambda x, y: tf.cast(y, tf.float32)[:, None] * x[:, :1], Batch(points, labels)
    )
    np.testing.assert_allclose(penalty, np.mean([0, 1, 4, 9]) / 2, rtol=1e-6)


def test_the_noise_has_its_size_and_falls_to_nothing():
    noise = InstanceNoise(0.2, 100)
    sizes = [
        float(tf.math.reduce_std(noise(Batch(tf.zeros([10_000])), step, KEY).values))
        for step in (0, 50, 100, 200)
    ]
    # The standard deviation of 10,000 draws is known to 0.7 %: 4 standard errors.
    np.testing.assert_allclose(sizes[:2], [0.2, 0.1], rtol=0.03)
    assert sizes[2:] == [0, 0]


def test_none_changes_nothing():
    tokens = Batch(tf.constant([[1, 2]]))
    assert InstanceNoise()(tokens, 0, KEY) is tokens
    assert GradientPenalty()(None, tokens) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("r1=-1.0", "r1=-1.0 should be at least 0"),
        ("instance_noise=-1.0", "instance_noise=-1.0 should be at least 0"),
        ("instance_noise_steps=10", "instance_noise_steps=10 .* is no schedule"),
        ("instance_noise=0.1, instance_noise_steps=-1", "instance_noise_steps=-1 .* no schedule"),
    ],
)
def test_what_cannot_be_is_refused(arguments, message):
    with pytest.raises(SpecError, match=message):
        spec.build("objectives", f"generalised_js({arguments})")


@pytest.mark.parametrize(
    ("objective", "message"),
    [
        ("generalised_js(instance_noise=0.1)", "instance_noise=0.1 is for images and points"),
        ("generalised_js(r1=1.0)", "r1=1.0 is for images and points"),
        ("density_ratio(r1=1.0)", "r1=1.0 is for images and points"),
    ],
)
def test_tokens_have_no_neighbours(objective, message):
    with pytest.raises(SpecError, match=message):  # before any work
        building.compose(Experiment("surnames", "text_gan", objective))
