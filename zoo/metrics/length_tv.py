"""Total variation between the lengths of samples and of real texts."""

import numpy as np

from zoo.metrics import Comparison, Measurement, SampleMetric
from zoo.metrics.base import ngrams, total_variation
from zoo.metrics.base.contracts import is_text


def compare(comparison: Comparison) -> dict[str, Measurement]:
    """Computes 1/2 Σ_l |p(l) - q(l)| for the lengths l of samples and of real texts.

    The length is the number of tokens before the end token. Texts truncated to the model's maximum
    length have that length.

    Args:
        comparison: a `zoo.metrics.Comparison` of texts.

    Returns:
        `length_tv`, from 0 to 1. Its standard error, by the delta method, is over samples and
        real texts; it is up to a half too large for nearly equal distributions.
    """
    lengths = ngrams.lengths_of([text for texts in comparison.sequences for text in texts])
    occurrences = ngrams.Occurrences(np.arange(len(lengths)), lengths)
    value, error = total_variation.between(occurrences, comparison.count)
    measurement = Measurement(
        value, "from 0 to 1", error, comparison.count, comparison.split, "lower"
    )
    return {"length_tv": measurement}


def _is_separate_text(domain):
    """True for texts with an end of their own; windows of a corpus all have one length."""
    return is_text(domain) and not domain.contiguous


METRIC = SampleMetric(_is_separate_text, compare)
