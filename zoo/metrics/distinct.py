"""Distinct-n: the number of distinct n-grams in the samples per token."""

import numpy as np

from zoo.metrics import Comparison, Measurement, SampleMetric
from zoo.metrics.base import ngrams, standard_errors
from zoo.metrics.base.contracts import is_text

ORDERS = (1, 2, 3, 4)


def compare(comparison: Comparison) -> dict[str, Measurement]:
    """Computes the number of distinct n-grams of all samples over their number of tokens.

    It falls with the number of samples. Neither high nor low is better in itself: noise exceeds the
    ceiling, and samples that repeat themselves or each other fall below it. Without any token it
    is 0.

    Args:
        comparison: a `zoo.metrics.Comparison` of texts.

    Returns:
        `distinct_1` to `distinct_4`, from 0 to 1. The standard errors are jackknife estimates over
        samples.

    Source: J. Li et al. (2016), A diversity-promoting objective function for neural conversation
    models, arXiv 1510.03055, section 5.
    """
    generated, _ = comparison.sequences
    lengths = ngrams.lengths_of(generated)
    level = comparison.domain.vocabulary.level
    measured = {}
    orders = ngrams.occurrences(generated, ORDERS[-1])
    for n, occurrences in zip(ORDERS, orders, strict=True):
        value = occurrences.num_items / max(1, int(lengths.sum()))
        left_out = (occurrences.num_items - _alone(occurrences, comparison.count)) / np.maximum(
            1, lengths.sum() - lengths
        )
        error = standard_errors.jackknife(left_out)
        measured[f"distinct_{n}"] = Measurement(
            value, f"{n}-grams per {level}", error, comparison.count, comparison.split
        )
    return measured


METRIC = SampleMetric(is_text, compare)


def _alone(occurrences, count):
    """Number of distinct n-grams of each text that occur in no other text, [count]."""
    texts, items, _ = occurrences.counted()
    alone = np.bincount(items)[items] == 1
    return np.bincount(texts[alone], minlength=count)
