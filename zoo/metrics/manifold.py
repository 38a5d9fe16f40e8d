"""Precision, recall, density and coverage by nearest neighbours in LeNet features."""

import math

import numpy as np

from zoo.metrics import Comparison, Measurement, SampleMetric
from zoo.metrics.base import distances, standard_errors
from zoo.metrics.base.contracts import is_digits

NEIGHBOURS = 5


def compare(comparison: Comparison) -> dict[str, Measurement]:
    """Computes precision, recall, density and coverage of the LeNet's 84 features, with k = 5.

    Each example is the centre of a sphere that reaches to its fifth nearest neighbour of the same
    kind, real or generated.

        precision  the share of samples inside at least one real sphere
        recall     the share of real examples inside at least one generated sphere
        density    the mean number of real spheres that contain a sample, divided by k
        coverage   the share of real spheres that contain at least one sample

    Precision and density measure the quality of samples, recall and coverage their diversity.
    Density is 1 for samples distributed like the data, and larger for samples crowded in dense
    regions: neither direction is better. None of the four detects copies of training images, and an
    isolated real image has a sphere so large that it can contain noise: high precision alone proves
    little.

    Args:
        comparison: a `zoo.metrics.Comparison` of images.

    Returns:
        The four, with the standard errors of `figures`.

    Raises:
        SpecError: no more samples than neighbours.

    Source: T. Kynkäänniemi et al. (2019), arXiv 1904.06991, eqs. 1 and 2; M. F. Naeem et al.
    (2020), arXiv 2002.09797, section 3.
    """
    comparison.require_count(NEIGHBOURS + 1, "manifold")
    generated, real = (each.astype(np.float64) for each in comparison.features)
    radii = comparison.once("manifold radii", lambda: distances.radii(real, NEIGHBOURS))
    count, split, measured = comparison.count, comparison.split, {}
    for name, (value, error) in figures(generated, real, radii).items():
        unit, better = ("ratio", None) if name == "density" else ("share", "higher")
        measured[name] = Measurement(value, unit, error, count, split, better)
    return measured


METRIC = SampleMetric(is_digits, compare)


def figures(
    generated: np.ndarray, real: np.ndarray, radii: np.ndarray
) -> dict[str, tuple[float, float]]:
    """Computes the four metrics, each with its standard error.

    Args:
        generated: features, float64 [count, size].
        real: features, float64 [count, size].
        radii: the squared radii of the real spheres, [count].

    Returns:
        By name, a value and its standard error over draws of both sets: the variance over one and
        the jackknife over the other, with fixed radii. It tends to be too large: for 400 digits it
        was 0.9 to 1.6 times the spread over new draws.
    """
    own_radii = distances.radii(generated, NEIGHBOURS)
    among_real = _within(generated, real, radii)
    among_samples = _within(real, generated, own_radii)
    return {
        "precision": share_hit(among_real),
        "recall": share_hit(among_samples),
        "density": density(among_real),
        "coverage": share_hit(among_real.T),
    }


def _within(points, centres, radii):
    """Membership of points in spheres, bool [points, centres]."""
    return np.concatenate([rows < radii for rows in distances.squared(points, centres)])


def density(inside: np.ndarray) -> tuple[float, float]:
    """Computes the mean number of spheres that contain a sample, divided by k = 5.

    Args:
        inside: membership of samples in spheres, bool [count, count].

    Returns:
        The density and its standard error, from the variances over samples and over spheres.
    """
    by_row, by_column = (np.sum(inside, axis=axis) / NEIGHBOURS for axis in (1, 0))
    variance = (np.var(by_row, ddof=1) + np.var(by_column, ddof=1)) / len(inside)
    return float(np.mean(by_row)), math.sqrt(variance)


def share_hit(hits: np.ndarray) -> tuple[float, float]:
    """Computes the share of rows with at least one hit.

    Args:
        hits: bool [rows, columns].

    Returns:
        The share and its standard error, from the variance over rows and the jackknife over
        columns: without a column, the rows that it alone hits are lost.
    """
    num_hits = np.sum(hits, axis=1)
    alone = np.argmax(hits[num_hits == 1], axis=1)
    lost = np.bincount(alone, minlength=hits.shape[1]) / len(hits)
    errors = standard_errors.of_mean(num_hits > 0), standard_errors.jackknife(lost)
    return float(np.mean(num_hits > 0)), math.hypot(*errors)
