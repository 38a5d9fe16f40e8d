"""Numbered n-grams of texts, and their counts per text."""

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np


class Occurrences(NamedTuple):
    """Items, such as n-grams, and the texts that contain them: one entry per occurrence.

    Attributes:
        texts: the text of each occurrence, int64 [occurrences].
        items: the item of each occurrence, numbered from 0, int64 [occurrences].
    """

    texts: np.ndarray
    items: np.ndarray

    @property
    def num_items(self) -> int:
        """Largest item number plus one: for n-grams, the number of distinct ones."""
        return int(self.items.max(initial=-1)) + 1

    def counted(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Counts each item per text; returns texts, items and counts, int64 [distinct pairs] each.

        Pairs are in the order of texts.
        """
        num_items = max(1, self.num_items)
        pairs, counts = np.unique(self.texts * num_items + self.items, return_counts=True)
        return *np.divmod(pairs, num_items), counts


def occurrences(texts: list[tuple[int, ...]], most: int) -> Iterator[Occurrences]:
    """Numbers the n-grams of all texts for n = 1 to `most`; equal n-grams have equal numbers.

    An n-gram is identified by the number of its first n - 1 tokens and by its last token, so that
    the work does not grow with n.

    Args:
        texts: sequences of tokens, of any length.
        most: the largest n.

    Yields:
        The `Occurrences` of n-grams for n = 1, 2, ...
    """
    lengths = lengths_of(texts)
    tokens = np.fromiter(itertools.chain.from_iterable(texts), np.int64, lengths.sum())
    tokens = _numbered(tokens)
    left = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(tokens))  # from here to the end
    text = np.repeat(np.arange(len(texts)), lengths)
    places, items = np.arange(len(tokens)), tokens
    for n in range(1, most + 1):
        yield Occurrences(text[places], items)
        longer = left[places] > n
        places, items = places[longer], items[longer]
        items = _numbered(items * (len(tokens) + 1) + tokens[places + n])


def lengths_of(texts: list[tuple[int, ...]]) -> np.ndarray:
    """Lengths of the texts in tokens, int64 [texts]."""
    return np.array([len(text) for text in texts], np.int64)


def _numbered(values):
    """Renumbers values from 0; equal values have equal numbers."""
    return np.unique(values, return_inverse=True)[1]
