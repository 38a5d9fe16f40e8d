"""NDB: number of statistically different bins of image space."""

import statistics

import numpy as np
import sklearn.cluster
import threadpoolctl

from zoo.metrics import Comparison, Measurement, SampleMetric
from zoo.metrics.base import distances
from zoo.metrics.base.contracts import is_image

BINS, PER_BIN = 100, 10
SIGNIFICANCE = 0.05
_LARGEST_DIFFERENCE = statistics.NormalDist().inv_cdf(1 - SIGNIFICANCE / 2)  # in deviations
_FITTED, _RESAMPLES = 10_000, 200


def compare(comparison: Comparison) -> dict[str, Measurement]:
    """Counts the bins whose shares of samples and of held-out images differ significantly.

    The bins are the cells of k-means on the pixels of at most 10,000 training images: 100, or
    fewer to keep at least 10 samples per bin. Samples are compared with held-out images and
    not with those that were clustered, which lie closer to the centres than any others. Between
    equal distributions about a twentieth of the bins differs by chance.

    Args:
        comparison: a `zoo.metrics.Comparison` of images.

    Returns:
        `ndb`. Its standard error is by the bootstrap of samples and real images, given the bins.
        It is too large if few bins differ, since resampling adds chance differences.

    Raises:
        SpecError: fewer than two samples.

    Source: E. Richardson and Y. Weiss (2018), arXiv 1805.12462, where samples are
    compared with the training images themselves.
    """
    comparison.require_count(2, "ndb")
    bins = comparison.once("ndb bins", lambda: _bins(comparison))
    real = comparison.once("ndb histogram", lambda: _histogram(bins, comparison.real))
    samples, count = _histogram(bins, comparison.generated), comparison.count
    generator = np.random.default_rng(comparison.seed)
    resampled = [generator.multinomial(count, h / count, _RESAMPLES) for h in (samples, real)]
    error = float(np.std(num_different(*resampled), ddof=1))
    value = float(num_different(samples, real))
    unit = f"of {len(real)} bins, {SIGNIFICANCE * len(real):g} by chance"
    return {"ndb": Measurement(value, unit, error, count, comparison.split, "lower")}


METRIC = SampleMetric(is_image, compare)


def num_different(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Counts the bins whose shares differ at the 5% significance level.

    The test is that of two proportions with a pooled variance p (1 - p) (1/n + 1/m).

    Args:
        a: integers [..., bins], the counts of one set.
        b: integers [..., bins], the counts of another.

    Returns:
        Integers [...].
    """
    n, m = np.sum(a, axis=-1, keepdims=True), np.sum(b, axis=-1, keepdims=True)
    pooled = (a + b) / (n + m)
    deviation = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return np.sum(np.abs(a / n - b / m) > _LARGEST_DIFFERENCE * deviation, axis=-1)


def _bins(comparison):
    number = max(2, min(BINS, comparison.count // PER_BIN))
    means = sklearn.cluster.KMeans(number, n_init=1, random_state=comparison.seed % 2**32)
    # Its threads wait for each other every few rows: on a busy machine that takes ten times as
    # long as a single thread.
    with threadpoolctl.threadpool_limits(1):
        return means.fit(distances.flat(comparison.training[:_FITTED]))


def _histogram(bins, images):
    """Number of images in each bin, integers [bins]."""
    with threadpoolctl.threadpool_limits(1):
        return np.bincount(bins.predict(distances.flat(images)), minlength=bins.n_clusters)
