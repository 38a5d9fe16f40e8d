"""In how many regions of the space of images samples are rarer or more frequent than data."""

import math
import statistics

import numpy as np
import sklearn.cluster

from zoo.metrics import Measurement, _distances

BINS, PER_BIN = 100, 10
SIGNIFICANCE = 0.05
_RESAMPLES = 200


def applies(subject) -> bool:
    """Whether there are images."""
    return subject.example.kind == "image"


def compare(comparison) -> dict[str, Measurement]:
    """The number of statistically different bins, found by k-means of training pixels.

    There are 100 bins, or fewer where the samples would be fewer than 10 a bin. Samples are
    compared to held-out images, not to those which made the bins and fit them too well. Of one
    distribution about a twentieth of the bins differs by chance, which is the ceiling.

    Args:
        comparison: a `zoo.metrics.Comparison` of images.

    Returns:
        `ndb`. Its standard error is by the bootstrap of both sets, given the bins. It is too
        large where few bins differ, since resampling makes chance differences more frequent.

    Raises:
        SpecError: fewer than two samples.

    Source: E. Richardson and Y. Weiss (2018), arXiv 1805.12462, section 3; their bins too are of
    training images, and what samples are compared to there are the training images themselves.
    """
    comparison.require_count(2, "ndb")
    count = comparison.count
    bins = comparison.once("bins", lambda: _bins(comparison))
    samples = bins.histogram(comparison.generated)
    real = comparison.once("bins of real", lambda: bins.histogram(comparison.real))
    generator = np.random.default_rng(comparison.seed)
    resampled = [generator.multinomial(count, h / count, _RESAMPLES) for h in (samples, real)]
    error = float(np.std(num_different(*resampled), ddof=1))
    unit = f"of {len(real)} bins, {SIGNIFICANCE * len(real):g} by chance"
    value = float(num_different(samples, real))
    return {"ndb": Measurement(value, unit, error, count, comparison.split, "lower")}
