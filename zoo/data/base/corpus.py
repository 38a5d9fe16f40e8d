"""Builds data sets of text from strings: separate sequences, or windows of a corpus."""

import pathlib

import numpy as np

from zoo.data.base.splits import ContiguousText, Dataset, Sequences
from zoo.domains import Text
from zoo.errors import DataError
from zoo.tokenizers.vocabulary import Level, Vocabulary, pad


def read(path: str) -> str:
    """Reads a UTF-8 file without its byte order mark; lines end in a line feed only.

    Raises:
        DataError: there is no such file, it is unreadable or empty, or it is not UTF-8.
    """
    try:
        text = pathlib.Path(path).expanduser().read_bytes().decode("utf-8")
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not UTF-8: it has the byte 0x{error.object[error.start]:02x} at offset "
            f"{error.start}. Convert it to UTF-8."
        ) from error
    if not text.strip():
        raise DataError(f"{path} is empty: give a file with some text.")
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


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
    _check(length, most)
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
    _check(length, most)
    vocabulary = Vocabulary.of(parts[:1], level, most)
    rows = [vocabulary.encode([part]) for part in parts]
    splits = [ContiguousText(row.flat_values.numpy(), length) for row in rows]
    for name, split in zip(("training", "validation", "test"), splits, strict=True):
        if len(split) < length:
            raise DataError(
                f"The {name} text has {len(split)} tokens, too few for a window of "
                f"length={length}: give a longer text or a smaller length."
            )
    notes = tuple(_unknown(vocabulary, rows))
    return Dataset(Text(vocabulary, length, contiguous=True), *splits, notes=notes)


def _unknown(vocabulary, rows):
    """Notes the share of unknown tokens in each part, if there are any."""
    unknown = [np.equal(row.flat_values, vocabulary.unknown) for row in rows]
    if not any(part.any() for part in unknown):
        return []
    train, validation, test = (f"{part.mean() if part.size else 0.0:.2%}" for part in unknown)
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


def _check(length, most):
    if length is not None and length < 2:
        raise DataError(f"length={length} should be at least 2.")
    if most is not None and most < 1:
        raise DataError(f"vocabulary_size={most} should be at least 1.")
