"""Whether samples are nearer to the training images than images that were never seen are."""

import math

import numpy as np

from zoo.metrics import Measurement
from zoo.metrics.base import distances


def applies(subject) -> bool:
    """Whether there are images."""
    return subject.example.kind == "image"


def compare(comparison) -> dict[str, Measurement]:
    """The probability that a sample is nearer to its nearest training image than a real one is.

    Ties count half; distances are those of pixels. A perfect model has 1/2, one that gives
    training images back 1, one whose samples are unlike any image 0. A model which does both in
    turn can have 1/2 too: read it beside precision. Against the training part itself, whose
    images are at distance 0, it says nothing.

    Args:
        comparison: a `zoo.metrics.Comparison` of images.

    Returns:
        `data_copying`, with the standard error of `probability_below`, given the training
        images.

    Raises:
        SpecError: fewer than two samples.

    Source: C. Meehan, K. Chaudhuri and S. Dasgupta (2020), arXiv 2004.05675: its
    U statistic as a share, over the whole space as one cell.
    """
    comparison.require_count(2, "data_copying")
    generated, real, training = map(
        distances.flat, (comparison.generated, comparison.real, comparison.training)
    )
    of_real = comparison.once("distances to training", lambda: distances.nearest(real, training))
    value, error = probability_below(distances.nearest(generated, training), of_real)
    unit, count, split = "probability; 1/2 ideal, 1 copies", comparison.count, comparison.split
    return {"data_copying": Measurement(value, unit, error, count, split)}


def probability_below(a, b) -> tuple[float, float]:
    """P(a < b) + P(a = b) / 2 of independent draws, the Mann-Whitney statistic as a share.

    Args:
        a: numbers [count of a], at least two.
        b: numbers [count of b], at least two.

    Returns:
        The value and its standard error over draws of both, which is 0 where all of one set are
        below the other's.

    Source: E. DeLong, D. DeLong and D. Clarke-Pearson (1988), "Comparing the areas under two or
    more correlated receiver operating characteristic curves".
    """
    below, above = _share_above(a, b), 1 - _share_above(b, a)
    variance = np.var(below, ddof=1) / len(a) + np.var(above, ddof=1) / len(b)
    return float(np.mean(below)), math.sqrt(variance)


def _share_above(a, b):
    """For each number of `a` the share of `b` that is larger, ties half, [count of a]."""
    ordered = np.sort(b)
    ends = [np.searchsorted(ordered, a, side) for side in ("left", "right")]
    return 1 - np.mean(ends, axis=0) / len(b)
