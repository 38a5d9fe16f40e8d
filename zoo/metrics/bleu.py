"""BLEU: n-gram precision of samples against real texts."""

import numpy as np

from zoo.metrics import Comparison, Measurement, SampleMetric
from zoo.metrics.base import bleu, ngrams, standard_errors
from zoo.metrics.base.contracts import is_text


def compare(comparison: Comparison) -> dict[str, Measurement]:
    """Computes the mean BLEU-n of the samples, each against all real examples as references.

    The BLEU-n of a sample is the geometric mean of its k-gram precisions, k = 1 to n, times a
    penalty for being shorter than the closest reference. A k-gram matches at most as often as it
    occurs in the reference that has it most often; an order without a match counts as 0.1 matches
    (nltk's smoothing method 1). BLEU grows with the number of references, which equals that of the
    samples.

    It measures quality alone: a single common sentence, repeated, can exceed the ceiling.

    Args:
        comparison: a `zoo.metrics.Comparison` of texts.

    Returns:
        `bleu_2` to `bleu_5`, from 0 to 1. The standard errors are those of means over samples,
        given the references.

    Source: K. Papineni, S. Roukos, T. Ward and W.-J. Zhu (2002), BLEU: a method for automatic
    evaluation of machine translation.
    """
    generated, real = comparison.sequences
    lengths, references = ngrams.lengths_of(generated), ngrams.lengths_of(real)
    matches = [
        _matches(each, comparison.count)
        for each in ngrams.occurrences([*generated, *real], bleu.ORDERS[-1])
    ]
    closest = bleu.closest_lengths(lengths, references)
    scores = bleu.sentence_bleu(np.array(matches), lengths, closest)
    return {
        f"bleu_{n}": Measurement(
            float(np.mean(scores[n - 1])),
            f"from 0 to 1, {len(real):,} references",
            standard_errors.of_mean(scores[n - 1]),
            comparison.count,
            comparison.split,
            "higher",
        )
        for n in bleu.ORDERS
    }


METRIC = SampleMetric(is_text, compare)


def _matches(occurrences, count):
    """Clipped number of n-grams that the first `count` texts share with the others, [count]."""
    texts, items, counts = occurrences.counted()
    generated = texts < count
    largest = np.zeros(occurrences.num_items, np.int64)
    np.maximum.at(largest, items[~generated], counts[~generated])
    clipped = np.minimum(counts, largest[items])
    return np.bincount(texts[generated], clipped[generated], minlength=count)
