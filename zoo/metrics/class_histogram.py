"""Which digits a generator makes, as a classifier trained on MNIST sees them."""

import math

import numpy as np

from zoo.metrics import Measurement
from zoo.metrics.base import lenet


def applies(subject) -> bool:
    """Whether the images show digits."""
    return subject.example.kind == "image" and subject.example.digits


def shares(images) -> np.ndarray:
    """The share of each digit among images, float [10], which adds up to 1.

    Args:
        images: float [count, 28, 28, 1] in [0, 1].
    """
    classes = np.argmax(lenet.probabilities(images), axis=-1)
    return np.bincount(classes, minlength=10) / len(images)


def compare(comparison) -> dict[str, Measurement]:
    """Counts the classes among samples; the classes of real digits are all but uniform.

    Args:
        comparison: a `zoo.metrics.Comparison` of images.

    Returns:
        `num_classes_seen`, how many of the ten digits came up at least once, and `class_kl` =
        KL[histogram‖uniform] in nats, from 0 to log 10. The latter's standard error is by the
        delta method; where the histogram is uniform it is biased up by about 9 / (2 count).
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
