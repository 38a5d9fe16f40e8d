"""Which samples lie among the data and which data lie among the samples, by nearest neighbours."""

import math

import numpy as np

from zoo.metrics import Measurement, _distances

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
    they crowd about what is common: neither is better in itself. Training images which a
    generator gives back are good by all four.

    Args:
        comparison: a `zoo.metrics.Comparison` of images.

    Returns:
        The four. Their standard errors are of a mean over samples (precision, density) or over
        real examples (recall, coverage) with the spheres and the other set as they are: the
        spread over new draws of both sets can be some times as large.

    Raises:
        SpecError: no more samples than neighbours.

    Source: T. Kynkäänniemi et al. (2019), arXiv 1904.06991, eqs. 1 and 2; M. F. Naeem et al.
    (2020), arXiv 2002.09797, eqs. 3 and 4.
    """
    comparison.require_count(NEIGHBOURS + 1, "precision and recall")
    generated, real = (each.astype(np.float64) for each in comparison.features)
    radii = comparison.once("radii", lambda: _distances.radii(real, NEIGHBOURS))
    count, split, measured = comparison.count, comparison.split, {}
    for name, values in of_examples(generated, real, radii).items():
        error = float(np.std(values)) / math.sqrt(count)
        unit, better = ("ratio", None) if name == "density" else ("share", "higher")
        measured[name] = Measurement(float(np.mean(values)), unit, error, count, split, better)
    return measured


def of_examples(generated, real, radii) -> dict[str, np.ndarray]:
    """What each example adds to the four means.

    Args:
        generated: features, float64 [count of generated, size].
        real: features, float64 [count of real, size].
        radii: the squared radii of the real spheres, [count of real].

    Returns:
        Precision and density of each sample, recall and coverage of each real example.
    """
    generated_radii = _distances.radii(generated, NEIGHBOURS)
    num_spheres, recalled, covered, begin = np.zeros(len(generated), int), [], [], 0
    for distances in _distances.squared(real, generated):
        inside = distances < radii[begin : begin + len(distances), None]
        begin += len(distances)
        num_spheres += np.sum(inside, axis=0)
        covered.append(np.any(inside, axis=1))
        recalled.append(np.any(distances < generated_radii, axis=1))
    return {
        "precision": num_spheres > 0,
        "recall": np.concatenate(recalled),
        "density": num_spheres / NEIGHBOURS,
        "coverage": np.concatenate(covered),
    }
