"""Histogram of the digits among samples, as classified by a LeNet trained on MNIST."""

import math

import numpy as np

from zoo.metrics import Comparison, Measurement, SampleMetric
from zoo.metrics.base import lenet
from zoo.metrics.base.contracts import is_digits


def shares(images: np.ndarray) -> np.ndarray:
    """Computes the relative frequency of each digit among images, float [10].

    Args:
        images: float [count, 28, 28, 1] in [0, 1].
    """
    classes = np.argmax(lenet.probabilities(images), axis=-1)
    return np.bincount(classes, minlength=10) / len(images)


def compare(comparison: Comparison) -> dict[str, Measurement]:
    """Counts the classes among samples; MNIST's own classes are almost uniform.

    Args:
        comparison: a `zoo.metrics.Comparison` of images.

    Returns:
        `num_classes_seen`, the number of the ten digits that occur at least once, and `class_kl` =
        KL[histogram‖uniform] in nats, from 0 to log 10. The latter's standard error is by the
        delta method; for a uniform histogram it is biased upwards by about 9 / (2 count).
    """
    count = comparison.count
    histogram = shares(comparison.generated)
    logs = np.log(histogram, where=histogram > 0, out=np.zeros(10))
    mean = float(np.sum(histogram * logs))
    kl = mean + math.log(10)
    error = math.sqrt(max(0.0, np.sum(histogram * logs**2) - mean**2) / count)
    seen = float(np.sum(histogram > 0))
    split = comparison.split
    return {
        "num_classes_seen": Measurement(seen, "of 10 digits", None, count, split, "higher"),
        "class_kl": Measurement(kl, "nats", error, count, split, "lower"),
    }


METRIC = SampleMetric(is_digits, compare)
