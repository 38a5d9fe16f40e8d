"""How far samples consist of phrases of real texts."""

import numpy as np

from zoo.metrics import Measurement
from zoo.metrics.base import bleu, ngrams, standard_errors


def applies(subject) -> bool:
    """Whether the examples are texts."""
    return subject.example.kind == "text"


def compare(comparison) -> dict[str, Measurement]:
    """Mean BLEU-n of the samples, each against all real examples as its references.

    Per sample the geometric mean, with weights 1/n, of the shares of its k-grams, k = 1 to n,
    that stand in a reference, each counted at most as often as in the one reference that has it
    most often; times a penalty for being shorter than the closest reference. An order of which
    nothing matches counts as 0.1 matches (nltk's smoothing method 1). BLEU grows with the number
    of references, which is that of the samples.

    It measures quality alone: a single common sentence, repeated, may be above the ceiling.

    Args:
        comparison: a `zoo.metrics.Comparison` of texts.

    Returns:
        `bleu_2` to `bleu_5`, from 0 to 1. Their standard errors are those of means over the
        samples: the references are taken as given.

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


def _matches(occurrences, count):
    """How many n-grams of each of the first `count` texts the others have, clipped, [count]."""
    texts, items, counts = occurrences.counted()
    generated = texts < count
    largest = np.zeros(occurrences.num_items, np.int64)
    np.maximum.at(largest, items[~generated], counts[~generated])
    clipped = np.minimum(counts, largest[items])
    return np.bincount(texts[generated], clipped[generated], minlength=count)
