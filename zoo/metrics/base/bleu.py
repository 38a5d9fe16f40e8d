"""BLEU of single texts, smoothed, from counts of what they share with references."""

import numpy as np

ORDERS = (2, 3, 4, 5)
EPSILON = 0.1  # nltk's, for an order of which nothing matches


def sentence_bleu(matches, lengths, closest) -> np.ndarray:
    """BLEU-n = exp(min(0, 1 - closest/length)) Π_k (matches_k / total_k)^(1/n), k = 1 to n.

    total_k is the number of k-grams of the text, or 1 where it is shorter than k. A `matches_k` of
    zero counts as 0.1 (smoothing method 1), but where not even one symbol matches BLEU is 0.

    Args:
        matches: clipped counts for k = 1 to the largest n, [orders, texts].
        lengths: of the texts, [texts].
        closest: the reference length that is closest to each, [texts].

    Returns:
        BLEU-1, BLEU-2, ... of each text, [orders, texts].

    Source: K. Papineni et al. (2002), section 2; B. Chen and C. Cherry (2014), A systematic
    comparison of smoothing techniques for sentence-level BLEU, section 3.
    """
    n = np.arange(1, len(matches) + 1)[:, None]
    totals = np.maximum(lengths - n + 1, 1)
    logs = np.log(np.where(matches > 0, matches, EPSILON) / totals)
    penalty = np.minimum(0, 1 - closest / np.maximum(lengths, 1))
    return np.where(matches[0] > 0, np.exp(penalty + np.cumsum(logs, axis=0) / n), 0)


def closest_lengths(lengths, references, *, own: bool = False) -> np.ndarray:
    """The reference length that is closest to each length, the shorter one of two as close.

    Args:
        lengths: of the texts, [texts].
        references: the lengths of the references, [references].
        own: whether the references are the texts themselves; each is then no reference of its
            own, though others of its length are.

    Returns:
        Lengths, float64 [texts].
    """
    ordered = np.concatenate([[-np.inf], np.sort(references), [np.inf]])
    place = np.searchsorted(ordered, lengths)  # of the first that is not shorter
    shorter, longer = ordered[place - 1], ordered[place + own]
    return np.where(lengths - shorter <= longer - lengths, shorter, longer)
