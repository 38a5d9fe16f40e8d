"""Total variation between the items of generated and of real texts."""

import numpy as np

from zoo.metrics.base.ngrams import Occurrences


def between(occurrences: Occurrences, count: int) -> tuple[float, float | None]:
    """Computes TV = 1/2 Σ_g |p(g) - q(g)| between the items of samples and of real texts.

    p(g) is the relative frequency of item g in the samples, q(g) that in the real texts. TV is 1 if
    one side has no items at all, and 0 if neither has any. Between equal distributions it is above
    0 by chance, the more so the more items there are: compare with the ceiling.

    Args:
        occurrences: `Occurrences` in the samples, texts 0 to `count` - 1, and in the real texts.
        count: number of samples.

    Returns:
        The total variation and its standard error by the delta method with independent texts, which
        is None for one text on each side. A text contributes by the items that are more frequent on
        its own side.
    """
    generated = occurrences.texts < count
    sides = [(occurrences.texts[side], occurrences.items[side]) for side in (generated, ~generated)]
    shares = [
        np.bincount(items, minlength=occurrences.num_items) / max(1, len(items))
        for _, items in sides
    ]
    difference = shares[0] - shares[1]
    value = max(np.sum(np.maximum(difference, 0)), np.sum(np.maximum(-difference, 0)))
    slope = np.sign(difference) / 2
    if count < 2:
        return float(value), None
    variance = sum(_variance_of_ratio(texts, slope[items], count) for texts, items in sides)
    return float(value), float(np.sqrt(variance))


def _variance_of_ratio(texts, values, count):
    """Variance of Σ values / number of values by the delta method, over `count` texts."""
    if not len(texts):
        return 0.0
    residuals = np.bincount(texts, values - np.mean(values))
    return count / (count - 1) * float(np.sum(residuals**2)) / len(texts) ** 2
