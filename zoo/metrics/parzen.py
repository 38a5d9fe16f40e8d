"""Parzen window estimate: likelihood of data under a kernel density of the samples."""

import math

import numpy as np
import scipy.optimize

from zoo.metrics import Comparison, Measurement, SampleMetric
from zoo.metrics.base import distances, standard_errors
from zoo.metrics.base.contracts import is_image

NARROWEST, WIDEST = 1 / 256, 1.0
_CHOOSING = 1000


def compare(comparison: Comparison) -> dict[str, Measurement]:
    """Computes the mean of log (1/count) Σ_j N(x; y_j, h² I) over real images x, with samples y_j.

    **A high value is no sign of a good model.** In as many dimensions as an image has, the
    density is far from the model's own for any feasible number of samples; centres of
    k-means score better than real images, and training images as well as a perfect model. It is
    reported because earlier work does, and is not comparable to `nll` or to `bits_per_dim`.

    The bandwidth h is cross-validated: each half of the real images is scored with the bandwidth
    between 1/256, the smallest step of a pixel, and 1 that maximises the likelihood of the other
    half (at most 1,000 images of it).

    Args:
        comparison: a `zoo.metrics.Comparison` of images.

    Returns:
        `parzen` in nats per image. Its standard error is over real images, given samples and
        bandwidths.

    Raises:
        SpecError: fewer than two samples.

    Source: O. Breuleux, Y. Bengio and P. Vincent (2011), "Quickly generating representative
    samples from an RBM-derived process"; the warning: L. Theis, A. van den Oord and M. Bethge
    (2016), arXiv 1511.01844, "Evaluation based on Parzen window estimates".
    """
    comparison.require_count(2, "parzen")
    images = comparison.generated, comparison.real
    generated, real = (distances.flat(each).astype(np.float64) for each in images)
    halves, scores = (real[0::2], real[1::2]), []
    for scored, other in (halves, halves[::-1]):
        bandwidth = best_bandwidth(other[:_CHOOSING], generated)
        scores.append(log_density(scored, generated, bandwidth))
    scores, count = np.concatenate(scores), comparison.count
    error = standard_errors.of_mean(scores)
    unit = "nats per image, unreliable: arXiv 1511.01844"
    value = float(np.mean(scores))
    return {"parzen": Measurement(value, unit, error, count, comparison.split, "higher")}


METRIC = SampleMetric(is_image, compare)


def log_density(points: np.ndarray, centres: np.ndarray, bandwidth: float) -> np.ndarray:
    """Computes log (1/centres) Σ_j N(x; y_j, h² I) in nats, [count of points].

    Args:
        points: x, float64 [count of points, size].
        centres: y, float64 [count of centres, size].
        bandwidth: h, in the unit of the points.
    """
    parts = [_kernels(rows, bandwidth) for rows in distances.squared(points, centres)]
    return np.concatenate(parts) + _normaliser(bandwidth, centres)


def best_bandwidth(points: np.ndarray, centres: np.ndarray) -> float:
    """Finds the bandwidth from 1/256 to 1 that maximises the mean log-density of the points."""
    squared = np.concatenate(list(distances.squared(points, centres)))

    def loss(log_bandwidth):
        bandwidth = math.exp(log_bandwidth)
        return -np.mean(_kernels(squared, bandwidth)) - _normaliser(bandwidth, centres)

    bounds = math.log(NARROWEST), math.log(WIDEST)
    return math.exp(scipy.optimize.minimize_scalar(loss, bounds, bounds).x)


def _kernels(squared, bandwidth):
    """log Σ_j exp(-|x - y_j|² / 2h²) from squared distances [rows, count of centres]."""
    nearest = np.min(squared, axis=1, keepdims=True)
    exponents = nearest - squared
    exponents /= 2 * bandwidth**2
    sums = np.sum(np.exp(exponents, out=exponents), axis=1)
    return np.log(sums) - nearest[:, 0] / (2 * bandwidth**2)


def _normaliser(bandwidth, centres):
    count, size = centres.shape
    return -math.log(count) - size / 2 * math.log(2 * math.pi * bandwidth**2)
