"""How far samples are as long as real texts."""

import numpy as np

from zoo.metrics import Measurement
from zoo.metrics.base import ngrams, total_variation


def applies(subject) -> bool:
    """Whether the examples are texts of their own; windows of running text have one length."""
    return subject.example.kind == "text" and not subject.example.running


def compare(comparison) -> dict[str, Measurement]:
    """The total variation between lengths of samples and of real texts, 1/2 Σ_l |p(l) - q(l)|.

    A length is the number of symbols before the end symbol. Texts that the model's length cuts
    have that length.

    Args:
        comparison: a `zoo.metrics.Comparison` of texts.

    Returns:
        `length_tv`, from 0 to 1. Its standard error, by the delta method, is over samples and
        real texts; it is up to a half too large where the two hardly differ.
    """
    lengths = ngrams.lengths_of([text for texts in comparison.sequences for text in texts])
    occurrences = ngrams.Occurrences(np.arange(len(lengths)), lengths)
    value, error = total_variation.between(occurrences, comparison.count)
    measurement = Measurement(
        value, "from 0 to 1", error, comparison.count, comparison.split, "lower"
    )
    return {"length_tv": measurement}
