"""The total variation between what stands in generated and in real texts."""

import numpy as np


def between(occurrences, count: int) -> tuple[float, float | None]:
    """TV = 1/2 Σ_g |p(g) - q(g)|, with p(g) the share of item g among those of all samples.

    Where one side has no item at all it is 1, where neither has any 0. Of distributions that are
    equal it is above 0 by chance, the more so the more items there are: see the ceiling.

    Args:
        occurrences: `Occurrences` in the samples, texts 0 to `count` - 1, and in real texts.
        count: how many samples.

    Returns:
        The total variation and its standard error by the delta method, texts being independent;
        None for one text on each side:
        what matters of a text is by how much its items are more frequent on its own side.
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
    """Of Σ values / how many there are, by the delta method, over `count` texts."""
    if not len(texts):
        return 0.0
    residuals = np.bincount(texts, values - np.mean(values))
    return count / (count - 1) * float(np.sum(residuals**2)) / len(texts) ** 2
