"""The bound on held-out data, for discriminators that are known."""

import functools
import math
import types

import numpy as np
import pytest
import tensorflow as tf

from zoo import domains, spec
from zoo.batch import Batch
from zoo.data.base.splits import Dataset, Images
from zoo.metrics import divergence_bound


@functools.cache
def without_labels(discriminator):
    """The same function for the same discriminator, so that it is traced once."""
    return lambda images, labels: discriminator(images)


def measure(discriminator, pi=0.3, generated=0.0, objective="generalised_js"):
    """Real images are white, generated ones have one value."""
    data, domain = Images(np.full([400, 4, 4, 1], 255, np.uint8)), domains.Image((4, 4, 1))
    run = types.SimpleNamespace(
        dataset=Dataset(domain, data, data, data),
        domain=domain,
        examples=lambda count, seed: Batch(np.full([count, 4, 4, 1], generated, np.float32)),
        objective=spec.build("objectives", f"{objective}(pi={pi})"),
        model=types.SimpleNamespace(discriminator=without_labels(discriminator)),
        step=10,
    )
    run.unrefined = run
    return divergence_bound.measure(run, split="test", count=300, seed=0)["divergence_bound"]


def entropy(pi):
    return -pi * math.log(pi) - (1 - pi) * math.log(1 - pi)


def test_a_discriminator_that_tells_all_apart_proves_the_whole_entropy():
    measured = measure(lambda images: 100 * tf.reduce_mean(images, [1, 2, 3]) - 50)
    assert measured.value == pytest.approx(entropy(0.3), abs=1e-6)
    assert measured.count == 300


def test_of_two_ratios_for_one_generator_the_one_that_proves_more_is_better():
    known = lambda images: 8 * tf.reduce_mean(images, [1, 2, 3]) - 4  # noqa: E731
    assert measure(known).better == "lower"
    assert measure(known, objective="density_ratio").better == "higher"


def test_a_discriminator_that_knows_nothing_proves_nothing():
    measured = measure(lambda images: tf.zeros(tf.shape(images)[0]))
    assert measured.value == pytest.approx(0, abs=1e-6)
    assert measured.standard_error == pytest.approx(0, abs=1e-6)


def test_a_discriminator_that_is_wrong_falls_below_zero():
    assert measure(lambda images: -4 * tf.reduce_mean(images, [1, 2, 3]) + 2).value < -0.5


def test_the_standard_error_is_that_of_repeated_measurements():
    """With logits of noise: the spread of 60 repetitions, known to a tenth."""
    seeds = iter(range(10_000))

    def noisy(images):
        key = [next(seeds), 0]
        return tf.random.stateless_normal([images.shape[0]], key)

    def discriminator(images):  # one function, so that it is traced once
        return tf.py_function(noisy, [images], tf.float32)

    found = [measure(discriminator) for _ in range(60)]
    spread = np.std([m.value for m in found])
    assert np.mean([m.standard_error for m in found]) == pytest.approx(spread, rel=0.3)
