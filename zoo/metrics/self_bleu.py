"""Self-BLEU: similarity of the samples to each other."""

from typing import NamedTuple

import numpy as np

from zoo.metrics import Comparison, Measurement, SampleMetric
from zoo.metrics.base import bleu, ngrams, standard_errors
from zoo.metrics.base.contracts import is_text


def compare(comparison: Comparison) -> dict[str, Measurement]:
    """Computes the mean BLEU-n of the samples, each against all other samples as references.

    A sample is never its own reference, but a duplicate of it is. Self-BLEU grows with the number
    of samples.

    Neither high nor low is better in itself: real texts have phrases in common, which the ceiling
    shows. Samples above it are less diverse than real texts; noise is far below it.

    Args:
        comparison: a `zoo.metrics.Comparison` of texts.

    Returns:
        `self_bleu_2` to `self_bleu_5`, from 0 to 1. The standard errors are jackknife estimates
        that leave out one sample at a time, as sample and as reference, with the closest lengths
        kept. They are conservative: a fifth too large on captions.

    Raises:
        SpecError: there is only one sample.

    Source: Y. Zhu et al. (2018), Texygen, arXiv 1802.01886, section 2.
    """
    comparison.require_count(2, "self_bleu")
    count = comparison.count
    generated, _ = comparison.sequences
    lengths = ngrams.lengths_of(generated)
    closest = bleu.closest_lengths(lengths, lengths, own=True)
    shared = [_shared(each) for each in ngrams.occurrences(generated, bleu.ORDERS[-1])]
    matches = np.array([np.bincount(each.texts, each.clipped, count) for each in shared])
    scores = bleu.sentence_bleu(matches, lengths, closest)
    left_out = _left_out(shared, matches, lengths, closest, scores)
    return {
        f"self_bleu_{n}": Measurement(
            float(np.mean(scores[n - 1])),
            f"from 0 to 1, {count - 1:,} references",
            standard_errors.jackknife(left_out[n - 1]) if count > 2 else None,
            count,
            comparison.split,
        )
        for n in bleu.ORDERS
    }


METRIC = SampleMetric(is_text, compare)


class _Shared(NamedTuple):
    """N-grams that each text shares with others, one entry per distinct n-gram of each text.

    Attributes:
        texts: the number of the text.
        clipped: the count in the text, at most the largest count in any other text.
        holders: the other text that has it most often.
        lost: the decrease of `clipped` without that text.
    """

    texts: np.ndarray
    clipped: np.ndarray
    holders: np.ndarray
    lost: np.ndarray


def _shared(occurrences):
    """Finds the two other texts that have an n-gram most often among its three largest counts."""
    texts, items, counts = occurrences.counted()
    order = np.lexsort((-counts, items))
    rank = np.arange(len(order)) - np.searchsorted(items[order], items[order])
    largest = np.zeros([3, occurrences.num_items], np.int64)
    holders = np.full([3, occurrences.num_items], -1)
    for place in range(3):
        at = order[rank == place]
        largest[place, items[at]] = counts[at]
        holders[place, items[at]] = texts[at]
    is_first, is_second, _ = holders[:, items] == texts
    first, second = np.where(is_first, 1, 0), np.where(is_first | is_second, 2, 1)
    clipped = np.minimum(counts, largest[first, items])
    lost = clipped - np.minimum(counts, largest[second, items])
    return _Shared(texts, clipped, holders[first, items], lost)


def _left_out(shared, matches, lengths, closest, scores):
    """Mean score of all samples but one, for each one, [orders, count].

    Without sample j its own score is missing, and each sample that shares an n-gram with it alone
    matches less.
    """
    count = len(lengths)
    keys = [(each.texts * count + each.holders)[each.lost > 0] for each in shared]
    pairs = np.unique(np.concatenate(keys))
    fewer = [
        np.bincount(np.searchsorted(pairs, key), each.lost[each.lost > 0], len(pairs))
        for key, each in zip(keys, shared, strict=True)
    ]
    who, without = np.divmod(pairs, count)
    changed = bleu.sentence_bleu(matches[:, who] - fewer, lengths[who], closest[who])
    changes = [np.bincount(without, row, count) for row in changed - scores[:, who]]
    totals = np.sum(scores, axis=1, keepdims=True)
    return (totals - scores + np.array(changes)) / (count - 1)
