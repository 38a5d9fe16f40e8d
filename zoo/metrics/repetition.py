"""How far a sample repeats itself."""

import numpy as np

from zoo.metrics import Measurement
from zoo.metrics.base import ngrams, standard_errors

N = 4


def applies(subject) -> bool:
    """Whether the examples are texts."""
    return subject.example.kind == "text"


def compare(comparison) -> dict[str, Measurement]:
    """The share of the 4-grams of a sample that occurred in it before, as a mean over samples.

    1 - (different 4-grams) / (4-grams); 0 for a sample that is too short to have any. Some
    repetition is in real texts, most of all in characters: the ceiling says how much.

    Args:
        comparison: a `zoo.metrics.Comparison` of texts.

    Returns:
        `repetition`, from 0 to 1. Its standard error is that of a mean over samples.

    Source: S. Welleck et al. (2019), arXiv 1908.04319, section 6.1 (seq-rep-4).
    """
    generated, _ = comparison.sequences
    *_, occurrences = ngrams.occurrences(generated, N)
    texts, _, counts = occurrences.counted()
    repeated = np.bincount(texts, counts - 1, comparison.count)
    totals = np.bincount(occurrences.texts, minlength=comparison.count)
    shares = repeated / np.maximum(totals, 1)
    error = standard_errors.of_mean(shares)
    measurement = Measurement(
        float(np.mean(shares)), f"share of {N}-grams", error, comparison.count, comparison.split
    )
    return {"repetition": measurement}
