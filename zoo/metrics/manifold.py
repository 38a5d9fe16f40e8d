"""Which samples lie among the data and which data lie among the samples, by nearest neighbours."""

import math

import numpy as np

from zoo.metrics import Measurement
from zoo.metrics.base import distances, standard_errors

NEIGHBOURS = 5


def applies(subject) -> bool:
    """Whether the images show digits, whose features a classifier trained on MNIST gives."""
    return subject.example.kind == "image" and subject.example.digits


def compare(comparison) -> dict[str, Measurement]:
    """Precision, recall, density and coverage of the LeNet's 84 features, with k = 5.

    A sphere lies about each example, as far as its fifth nearest neighbour among the others of
    its own kind.

        precision  the share of samples in at least one real sphere
        recall     the share of real examples in at least one sample's sphere
        density    in how many real spheres a sample lies, on average, divided by k
        coverage   the share of real spheres with at least one sample

    Precision and density are about the quality of samples, recall and coverage about their
    diversity. Density is 1 where samples are distributed as the data and can be larger where
    they crowd about what is common: neither is better in itself. None of the four tells training
    images from new ones, and a real image that is far from all others has a sphere so large that
    noise can be in it: precision alone proves nothing.

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


def figures(generated, real, radii) -> dict[str, tuple[float, float]]:
    """The four values, each with its standard error.

    Args:
        generated: features, float64 [count, size].
        real: features, float64 [count, size].
        radii: the squared radii of the real spheres, [count].

    Returns:
        By name a value and its standard error over draws of both sets, from the variance over
        one and the jackknife of the other, with radii as they are. It is rather too large than
        too small: of 400 digits it was 0.9 to 1.6 times the spread over new draws.
    """
    own_radii = distances.radii(generated, NEIGHBOURS)
    among_real = _within(generated, real, radii)
    among_samples = _within(real, generated, own_radii)
    return {
        "precision": _share_hit(among_real),
        "recall": _share_hit(among_samples),
        "density": _density(among_real),
        "coverage": _share_hit(among_real.T),
    }


def _within(points, centres, radii):
    """Which points are in which spheres, boolean [points, centres]."""
    return np.concatenate([rows < radii for rows in distances.squared(points, centres)])


def _density(inside):
    """Hits per row and neighbour, of as many rows as columns, both drawn anew."""
    by_row, by_column = (np.sum(inside, axis=axis) / NEIGHBOURS for axis in (1, 0))
    variance = (np.var(by_row, ddof=1) + np.var(by_column, ddof=1)) / len(inside)
    return float(np.mean(by_row)), math.sqrt(variance)


def _share_hit(hits):
    """The share of rows with a hit; a column taken away loses the rows that it alone hits."""
    num_hits = np.sum(hits, axis=1)
    alone = np.argmax(hits[num_hits == 1], axis=1)
    lost = np.bincount(alone, minlength=hits.shape[1]) / len(hits)
    errors = standard_errors.of_mean(num_hits > 0), standard_errors.jackknife(lost)
    return float(np.mean(num_hits > 0)), math.hypot(*errors)
