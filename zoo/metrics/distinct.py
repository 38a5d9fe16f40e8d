"""How many different n-grams samples have."""

import numpy as np

from zoo.metrics import Measurement
from zoo.metrics.base import ngrams, standard_errors

ORDERS = (1, 2, 3, 4)


def applies(subject) -> bool:
    """Whether the examples are texts."""
    return subject.example.kind == "text"


def compare(comparison) -> dict[str, Measurement]:
    """The number of different n-grams in all samples, over the number of symbols in them.

    It falls with the number of samples. Neither high nor low is good: noise is above the ceiling,
    and samples that repeat one another, or themselves, are below it. Where there is no symbol it
    is 0.

    Args:
        comparison: a `zoo.metrics.Comparison` of texts.

    Returns:
        `distinct_1` to `distinct_4`, from 0 to 1. Standard errors are the jackknife's, over
        samples.

    Source: J. Li et al. (2016), A diversity-promoting objective function for neural conversation
    models, arXiv 1510.03055, section 5.
    """
    generated, _ = comparison.sequences
    lengths = ngrams.lengths_of(generated)
    level = comparison.example.vocabulary.level
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


def _alone(occurrences, count):
    """How many different n-grams of each text no other text has, [count]."""
    texts, items, _ = occurrences.counted()
    alone = np.bincount(items)[items] == 1
    return np.bincount(texts[alone], minlength=count)
