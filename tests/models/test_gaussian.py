"""One Gaussian: its density and its samples are those of its mean and deviation."""

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from zoo import domains, spec
from zoo.errors import SpecError

SPACE = domains.Points(3)
SHIFTED = "gaussian(mean=[1.0, -2.0, 30.0], std=0.5)"


def test_the_density_is_scipy_s():
    generator = spec.build("models", SHIFTED, SPACE).generator
    points = np.random.default_rng(0).normal([1, -2, 30], 2.0, size=[50, 3]).astype(np.float32)
    expected = scipy.stats.multivariate_normal([1, -2, 30], 0.25).logpdf(points)
    np.testing.assert_allclose(generator.log_prob(points), expected, rtol=1e-5)


def test_samples_are_of_the_density():
    """Kolmogorov and Smirnov's test of 20,000 draws of each coordinate, at one in 1,000."""
    generator = spec.build("models", SHIFTED, SPACE).generator
    by_key = generator.sample(tf.constant([1, 2], tf.int64), 20_000).values.numpy()
    by_seed = generator.generate(tf.range(2000, dtype=tf.int64)).numpy()
    for drawn in (by_key, by_seed):
        for column, mean in zip(drawn.T, (1, -2, 30), strict=True):
            assert scipy.stats.kstest(column, scipy.stats.norm(mean, 0.5).cdf).pvalue > 1e-3
        assert np.abs(np.corrcoef(drawn.T) - np.eye(3)).max() < 5 / np.sqrt(len(drawn))


def test_mean_and_deviation_are_its_only_weights_and_samples_follow_them():
    """∂x/∂mean = 1 and ∂x/∂log std = std z for each sample x = mean + std z."""
    generator = spec.build("models", SHIFTED, SPACE).generator
    assert [v.shape for v in generator.trainable_variables] == [(3,), ()]
    latent = tf.constant([[0.3, -1.0, 2.0]])
    with tf.GradientTape(persistent=True) as tape:
        point = generator.decode(latent)
        first, last = point[0, 0], point[0, 2]
    np.testing.assert_allclose(point, [[1.15, -2.5, 31.0]], rtol=1e-6)
    mean, log_std = generator.trainable_variables
    np.testing.assert_allclose(tape.gradient(first, mean), [1, 0, 0])
    np.testing.assert_allclose(tape.gradient(last, log_std), 1.0, rtol=1e-6)


def test_it_tells_its_mean_and_deviation():
    generator = spec.build("models", SHIFTED, SPACE).generator
    np.testing.assert_allclose(generator.mean, [1, -2, 30], rtol=1e-7)
    assert generator.std == pytest.approx(0.5, rel=1e-6)
    plain = spec.build("models", "gaussian", SPACE).generator
    assert (plain.mean.tolist(), plain.std) == ([0, 0, 0], 1.0)


def test_the_discriminator_can_be_the_exact_ratio_of_two_gaussians():
    """Fitted to the labels of 4,000 points of N((1, 0), I) and N(0, I), it knows r = x1 - 1/2."""
    keras.utils.set_random_seed(0)
    discriminator = spec.build("models", "gaussian", domains.Points(2)).discriminator
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(1e-2, 300))
    labels = tf.repeat([1.0, 0.0], 2000)

    @tf.function
    def step(points):
        with tf.GradientTape() as tape:
            logits = discriminator(points)
            loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, logits))
        variables = discriminator.trainable_variables
        optimizer.apply(tape.gradient(loss, variables), variables)

    for number in range(300):
        noise = tf.random.stateless_normal([4000, 2], [number, 0])
        step(noise + labels[:, None] * [[1.0, 0.0]])
    points = tf.constant([0.5, 0.0]) + tf.random.stateless_normal([1000, 2], [0, 1])
    error = discriminator(points).numpy() - (points[:, 0].numpy() - 0.5)
    assert np.mean(np.abs(error)) < 0.1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("mean=[0.0]", "should be 3 finite numbers, since the data are points of 3"),
        ("mean=[0.0, 0.0, 1e999]", "finite"),
        ("std=0.0", "std=0.0 should be above 0"),
        ("discriminator_units=0", "at least 1"),
    ],
)
def test_what_is_no_gaussian_is_refused(arguments, words):
    with pytest.raises(SpecError, match=words):
        spec.build("models", f"gaussian({arguments})", SPACE)
