"""The n-grams of texts, numbered, and how often each stands in each text."""

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np


class Occurrences(NamedTuple):
    """Items, such as n-grams, and the texts that they stand in: one entry for each time.

    Attributes:
        texts: the number of the text, int64 [occurrences].
        items: the number of the item, from 0 on, int64 [occurrences].
    """

    texts: np.ndarray
    items: np.ndarray

    @property
    def num_items(self) -> int:
        """One more than the largest number of an item: of n-grams, how many there are."""
        return int(self.items.max(initial=-1)) + 1

    def counted(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Texts, items and counts, int64 [different pairs] each, in the order of texts."""
        num_items = max(1, self.num_items)
        pairs, counts = np.unique(self.texts * num_items + self.items, return_counts=True)
        return *np.divmod(pairs, num_items), counts


def occurrences(texts: list[tuple[int, ...]], most: int) -> Iterator[Occurrences]:
    """The n-grams of all texts for n = 1 to `most`; equal ones have equal numbers.

    An n-gram is known by the number of its first n - 1 symbols and its last symbol, so that the
    work does not grow with n.

    Args:
        texts: sequences of symbols, of any length.
        most: the largest n.

    Yields:
        The `Occurrences` of n-grams, for one n after the other.
    """
    lengths = lengths_of(texts)
    symbols = np.fromiter(itertools.chain.from_iterable(texts), np.int64, lengths.sum())
    symbols = _numbered(symbols)
    left = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(symbols))  # from here to the end
    text = np.repeat(np.arange(len(texts)), lengths)
    places, items = np.arange(len(symbols)), symbols
    for n in range(1, most + 1):
        yield Occurrences(text[places], items)
        longer = left[places] > n
        places, items = places[longer], items[longer]
        items = _numbered(items * (len(symbols) + 1) + symbols[places + n])


def lengths_of(texts: list[tuple[int, ...]]) -> np.ndarray:
    """The number of symbols of each text, int64 [texts]."""
    return np.array([len(text) for text in texts], np.int64)


def _numbered(values):
    """The values as numbers from 0 on, equal ones by equal numbers."""
    return np.unique(values, return_inverse=True)[1]
