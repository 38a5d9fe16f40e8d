"""Which digits a generator makes, as a classifier trained on MNIST sees them."""

import math

import numpy as np

from zoo.metrics import Measurement, _lenet

READS_DATA = False


def applies(run) -> bool:
    """Whether the images show digits."""
    return run.example.kind == "image" and run.example.digits


def measure(run, *, split: str, count: int, seed: int) -> dict[str, Measurement]:
    """Counts the classes among samples.

    Args:
        run: a trained run.
        split: recorded only: the classes are compared to the uniform distribution.
        count: how many samples.
        seed: of the samples.

    Returns:
        `num_classes_seen`, how many of the ten digits came up at least once, and `class_kl` =
        KL[histogram‖uniform] in nats, from 0 to log 10. The latter's standard error is by the
        delta method; where the histogram is uniform it is biased up by about 9 / (2 count).
    """
    classes = np.argmax(_lenet.probabilities(run.samples(count, seed)), axis=-1)
    shares = np.bincount(classes, minlength=10) / count
    logs = np.log(shares, where=shares > 0, out=np.zeros(10))
    kl = float(np.sum(shares * logs)) + math.log(10)
    error = math.sqrt(max(0.0, np.sum(shares * logs**2) - np.sum(shares * logs) ** 2) / count)
    seen = float(np.sum(shares > 0))
    return {
        "num_classes_seen": Measurement(seen, "of 10 digits", None, count, split),
        "class_kl": Measurement(kl, "nats", error, count, split),
    }
