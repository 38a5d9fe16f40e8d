"""The expectation of a quadratic under a Gaussian has a gradient in closed form."""

import numpy as np
import tensorflow as tf

from zoo import randomness, spec
from zoo.batch import Batch


class Gaussian(tf.Module):
    """Q = N(mean, exp(log_scale)²)."""

    def __init__(self, mean, log_scale):
        super().__init__()
        self.mean, self.log_scale = tf.Variable(mean), tf.Variable(log_scale)

    def sample(self, key, count):
        noise = tf.random.stateless_normal([count], key, alg=randomness.ALGORITHM)
        return Batch(self.mean + tf.exp(self.log_scale) * noise)


def square(batch):
    return tf.square(batch.values)


def gradient(score, key, count):
    generator = Gaussian(0.7, -0.2)
    with tf.GradientTape() as tape:
        loss = spec.build("estimators", "pathwise").loss(generator, score, key, count, 0)
    assert loss.shape == ()
    return np.stack(tape.gradient(loss, [generator.mean, generator.log_scale]))


def test_the_estimate_is_unbiased():
    # E[x²] = mean² + scale², of which the gradient is (2 mean, 2 scale²).
    estimates = np.stack(
        [gradient(square, randomness.key(0, step, "sample"), 256) for step in range(100)]
    )
    standard_error = estimates.std(axis=0, ddof=1) / np.sqrt(len(estimates))
    expected = np.array([2 * 0.7, 2 * np.exp(-0.4)])
    assert (np.abs(estimates.mean(axis=0) - expected) < 4 * standard_error).all()
    assert (standard_error < 0.03).all()


def test_a_shift_of_all_samples_is_followed_exactly():
    estimate = gradient(lambda batch: 3 * batch.values, randomness.key(0, 0, "sample"), 5)
    np.testing.assert_allclose(estimate[0], 3, rtol=1e-6)


def test_the_same_key_gives_the_same_estimate():
    keys = [randomness.key(0, step, "sample") for step in (0, 0, 1)]
    first, again, other = (gradient(square, key, 8) for key in keys)
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()
