"""What the measures of images, as a whole, tell about generators that are bad in a known way."""

import os
import pathlib

import numpy as np
import pytest

from zoo import spec
from zoo.metrics import Comparison

MEMBERS = (
    "class_histogram",
    "lenet_fd",
    "lenet_kid",
    "manifold",
    "ndb",
    "parzen",
    "data_copying",
)
FEATURES = {"lenet_fd", "lenet_kid"}


def measure(comparison):
    measured = {}
    for member in MEMBERS:
        measured |= spec.module("metrics", member).compare(comparison)
    return measured


def four_classes(images, labels):
    few = images[labels < 4]
    return np.tile(few, [4, 1, 1, 1])[: len(images)]


# Of images that no one else has, their labels, and the training images.
GENERATORS = {
    "fresh": lambda images, labels, training: images,
    "collapsed": lambda images, labels, training: np.repeat(images[:1], len(images), axis=0),
    "four classes": lambda images, labels, training: four_classes(images, labels),
    "memorised": lambda images, labels, training: training[: len(images)],
    "noise": lambda images, labels, training: np.random.default_rng(9).random(
        images.shape, np.float32
    ),
}


@pytest.fixture(scope="module", params=[("mnist_5k", 500), ("mnist", 1000)], ids=lambda p: p[0])
def outliers(request):
    """The measures that are off their ceiling by five standard errors, by generator.

    All images are of one part of the data: MNIST's test images have other writers than its
    training images, which these measures tell.
    """
    (name, count), folder = request.param, os.environ.get("TFDS_DATA_DIR")
    if name == "mnist" and not (folder and (pathlib.Path(folder) / "mnist").is_dir()):
        pytest.skip("TFDS_DATA_DIR names no folder with mnist")
    data = spec.build("data", name, folder)
    order = np.random.default_rng(0).permutation(len(data.train))
    parts = np.split(order[:20_000], [count, 2 * count, 3 * count])
    images, other, real, training = (data.train.at(part).numpy() for part in parts)
    labels = data.train.labels[parts[0]]
    of_other = Comparison(data.domain, other, real, training, "test", 0)
    ceiling = measure(of_other)

    def off(generated):
        found = {"above": set(), "below": set()}
        for key, each in measure(of_other.of(generated)).items():
            errors = [each.standard_error or 0, ceiling[key].standard_error or 0]
            if abs(each.value - ceiling[key].value) > 5 * np.hypot(*errors):
                found["above" if each.value > ceiling[key].value else "below"].add(key)
        return found

    return {name: off(make(images, labels, training)) for name, make in GENERATORS.items()}


def test_real_images_are_at_the_ceiling(outliers):
    assert outliers["fresh"] == {"above": set(), "below": set()}


def test_one_image_repeated_is_exposed_by_all_but_precision(outliers):
    above, below = outliers["collapsed"]["above"], outliers["collapsed"]["below"]
    assert FEATURES | {"class_kl", "ndb"} <= above
    assert {"num_classes_seen", "recall", "coverage", "parzen"} <= below
    assert "precision" not in below


def test_missing_classes_are_exposed_by_diversity_and_not_by_precision(outliers):
    above, below = outliers["four classes"]["above"], outliers["four classes"]["below"]
    assert FEATURES | {"class_kl", "ndb"} <= above
    assert {"num_classes_seen", "recall", "coverage"} <= below
    assert "precision" not in below


def test_training_images_returned_are_exposed_by_data_copying_alone(outliers):
    assert outliers["memorised"] == {"above": {"data_copying"}, "below": set()}


def test_noise_is_exposed_by_all_but_precision_and_density(outliers):
    """Features of noise are all but one point, which the sphere of an odd digit can hold."""
    above, below = outliers["noise"]["above"], outliers["noise"]["below"]
    assert FEATURES | {"class_kl", "ndb"} <= above
    assert {"num_classes_seen", "recall", "coverage", "parzen", "data_copying"} <= below
