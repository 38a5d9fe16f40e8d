"""The class histogram on real digits and on collapsed samples."""

import math

import numpy as np
import pytest
import tensorflow as tf

from zoo import domains, spec
from zoo.metrics import Comparison, class_histogram
from zoo.metrics.base import lenet


@pytest.fixture(scope="module")
def digits():
    return spec.build("data", "mnist_5k", None).test


def measure(images):
    domain = domains.Image((28, 28, 1), digits=True)
    return class_histogram.compare(Comparison(domain, images, images, images, "test", 0))


def test_real_digits_of_all_classes_are_seen(digits):
    measured = measure(digits.at(tf.range(len(digits))).numpy())
    assert measured["num_classes_seen"].value == 10
    assert measured["class_kl"].value < 0.01
    assert measured["class_kl"].count == len(digits)


def test_one_image_repeated_has_one_class_and_the_largest_divergence(digits):
    measured = measure(np.repeat(digits.at([0]).numpy(), 50, axis=0))
    assert measured["num_classes_seen"].value == 1
    assert measured["class_kl"].value == pytest.approx(math.log(10), rel=1e-6)


def test_two_classes_in_equal_shares(digits):
    picked = [np.flatnonzero(digits.labels == label)[:20] for label in (0, 1)]
    picked = [p[np.argmax(lenet.probabilities(digits.at(p).numpy()), -1) == label][:10]
              for label, p in enumerate(picked)]  # fmt: skip
    measured = measure(digits.at(np.concatenate(picked)).numpy())
    assert measured["class_kl"].value == pytest.approx(math.log(5), rel=1e-6)
    assert measured["num_classes_seen"].value == 2


def test_it_applies_to_digits_only():
    for digits, expected in ((True, True), (False, False)):
        domain = domains.Image((28, 28, 1), digits=digits)
        assert class_histogram.METRIC.accepts(domain) == expected


def test_the_classifier_reads_digits():
    """On mnist_5k, whose images are of the training part of MNIST."""
    data = spec.build("data", "mnist_5k", None).test
    read = np.argmax(lenet.probabilities(data.at(tf.range(len(data))).numpy()), axis=-1)
    assert np.mean(read == data.labels) > 0.99


def test_the_weights_that_come_with_the_package_fit_the_network():
    assert len(lenet.weights_hash()) == 64
    assert sum(w.size for w in lenet.trained().get_weights()) == 57_190
