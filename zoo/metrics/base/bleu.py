"""Smoothed sentence-level BLEU from counts of matching n-grams."""

import numpy as np

ORDERS = (2, 3, 4, 5)
EPSILON = 0.1  # nltk's, for an order without a match


def sentence_bleu(matches: np.ndarray, lengths: np.ndarray, closest: np.ndarray) -> np.ndarray:
    """Computes smoothed BLEU-n of single texts.

        BLEU-n = exp(min(0, 1 - closest/length)) Π_k (matches_k / total_k)^(1/n), k = 1 to n

    total_k is the number of k-grams of the text, or 1 if it is shorter than k. A `matches_k` of
    zero counts as 0.1 (smoothing method 1), but BLEU is 0 if not even one token matches.

    Args:
        matches: clipped counts for k = 1 to the largest n, [orders, texts].
        lengths: lengths of the texts in tokens, [texts].
        closest: the closest reference length of each text, [texts].

    Returns:
        BLEU-1, BLEU-2, ... of each text, float64 [orders, texts].

    Source: K. Papineni et al. (2002), section 2; B. Chen and C. Cherry (2014), A systematic
    comparison of smoothing techniques for sentence-level BLEU, section 3.
    """
    n = np.arange(1, len(matches) + 1)[:, None]
    totals = np.maximum(lengths - n + 1, 1)
    logs = np.log(np.where(matches > 0, matches, EPSILON) / totals)
    penalty = np.minimum(0, 1 - closest / np.maximum(lengths, 1))
    return np.where(matches[0] > 0, np.exp(penalty + np.cumsum(logs, axis=0) / n), 0)


def closest_lengths(
    lengths: np.ndarray, references: np.ndarray, *, own: bool = False
) -> np.ndarray:
    """Finds the reference length closest to each length; the shorter one in a tie.

    Args:
        lengths: lengths of the texts, [texts].
        references: lengths of the references, [references].
        own: True if the references are the texts themselves. A text is then not its own
            reference, though others of the same length are.

    Returns:
        Lengths, float64 [texts].
    """
    ordered = np.concatenate([[-np.inf], np.sort(references), [np.inf]])
    place = np.searchsorted(ordered, lengths)  # the first length that is not shorter
    shorter, longer = ordered[place - 1], ordered[place + own]
    return np.where(lengths - shorter <= longer - lengths, shorter, longer)
