"""Builds data sets of text from strings: separate sequences, or windows of a corpus."""

import numpy as np

from zoo.data.base.splits import ContiguousText, Dataset, Sequences
from zoo.domains import Text
from zoo.errors import DataError
from zoo.tokenizers.vocabulary import Level, Vocabulary, pad


def sequences(
    parts: list,
    level: Level,
    length: int | None = None,
    most: int | None = None,
    weights: list | None = None,
) -> Dataset[Text]:
    """Builds a data set in which each string is an example, closed by the end token.

    Args:
        parts: the training, validation and test part, a list of strings each.
        level: the tokens: characters or words.
        length: the number of tokens in an example, the end token included; longer strings are
            truncated. None: the length of the longest training string with its end token.
        most: the largest number of tokens in the vocabulary, which is built from the training
            part; None: all.
        weights: for each part the unnormalised probabilities of its strings, or None.

    Raises:
        DataError: `length` or `most` is out of range.
    """
    check(length, most)
    vocabulary = Vocabulary.of(parts[0], level, most)
    rows = [vocabulary.encode(part) for part in parts]
    sizes = [row.row_lengths().numpy() + 1 for row in rows]  # the end token included
    notes = _unknown(vocabulary, rows)
    if length is None:
        length = int(np.max(sizes[0]))
        notes += _padding(sizes[0])
    notes += _cut(np.concatenate(sizes), length)
    splits = [
        Sequences(pad(row, length, vocabulary.end), weights=weight)
        for row, weight in zip(rows, weights or [None] * 3, strict=True)
    ]
    return Dataset(Text(vocabulary, length, contiguous=False), *splits, notes=tuple(notes))


def contiguous(
    parts: list[str], level: Level, length: int, most: int | None = None
) -> Dataset[Text]:
    """Builds a data set of windows of contiguous text.

    Args:
        parts: the training, validation and test text.
        level: the tokens: characters or words.
        length: the number of tokens in a window.
        most: the largest number of tokens in the vocabulary, which is built from the training
            part; None: all.

    Raises:
        DataError: `length` or `most` is out of range, or a part is shorter than a window.
    """
    check(length, most)
    vocabulary = Vocabulary.of(parts[:1], level, most)
    rows = [vocabulary.encode([part]) for part in parts]
    tokens = [row.flat_values.numpy() for row in rows]
    return windows(vocabulary, tokens, length, _unknown(vocabulary, rows))


def windows(
    vocabulary: Vocabulary, parts: list[np.ndarray], length: int, notes: list[str]
) -> Dataset[Text]:
    """Builds a data set of windows of contiguous tokens.

    Args:
        vocabulary: of the tokens.
        parts: the tokens of the training, validation and test part, integers [count] each.
        length: the number of tokens in a window.
        notes: see `Dataset`.

    Raises:
        DataError: a part is shorter than a window.
    """
    splits = [ContiguousText(part, length) for part in parts]
    for name, split in zip(("training", "validation", "test"), splits, strict=True):
        if len(split) < length:
            raise DataError(
                f"The {name} text has {len(split)} tokens, too few for a window of "
                f"length={length}: give a longer text or a smaller length."
            )
    return Dataset(Text(vocabulary, length, contiguous=True), *splits, notes=tuple(notes))


def _unknown(vocabulary, rows):
    unknown = [np.equal(row.flat_values, vocabulary.unknown) for row in rows]
    return unknown_tokens([int(part.sum()) for part in unknown], [part.size for part in unknown])


def unknown_tokens(unknown: list[int], sizes: list[int]) -> list[str]:
    """Notes the share of unknown tokens in each part, if there are any.

    Args:
        unknown: the number of unknown tokens in the training, validation and test part.
        sizes: the number of all tokens in each.
    """
    if not any(unknown):
        return []
    train, validation, test = (
        f"{count / max(size, 1):.2%}" for count, size in zip(unknown, sizes, strict=True)
    )
    return [
        f"Unknown tokens: {train} of the training part, {validation} of validation, {test} of "
        "test; each counts as one token of the vocabulary, which lowers nll."
    ]


def _padding(sizes):
    """Suggests a length where the longest text makes nearly all of most examples padding."""
    longest, usual = int(np.max(sizes)), int(np.median(sizes))
    if longest <= 10 * usual:
        return []
    enough = int(np.quantile(sizes, 0.95, method="lower"))
    return [
        f"Every text is padded to the {longest:,} tokens of the longest one, half of them have at "
        f"most {usual:,}: length={enough} would cut the longest and train faster."
    ]


def _cut(sizes, length):
    """Notes the number of texts that are longer than an example, if there are any."""
    longer = int(np.sum(sizes > length))
    return [f"{longer:,} of {len(sizes):,} texts are cut at length={length}."] if longer else []


def check(length: int | None, most: int | None) -> None:
    """Raises DataError where the size of an example or of a vocabulary is out of range."""
    if length is not None and length < 2:
        raise DataError(f"length={length} should be at least 2.")
    if most is not None and most < 1:
        raise DataError(f"vocabulary_size={most} should be at least 1.")
