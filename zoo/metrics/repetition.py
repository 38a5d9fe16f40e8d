"""Repetition within a sample: the share of repeated 4-grams."""

import numpy as np

from zoo.metrics import Comparison, Measurement, SampleMetric
from zoo.metrics.base import ngrams, standard_errors
from zoo.metrics.base.contracts import is_text

N = 4


def compare(comparison: Comparison) -> dict[str, Measurement]:
    """Computes the mean share of a sample's 4-grams that occurred earlier in it.

    1 - (distinct 4-grams) / (4-grams); 0 for samples too short to have any. Real texts repeat
    themselves too, most of all in characters: see the ceiling.

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


METRIC = SampleMetric(is_text, compare)
