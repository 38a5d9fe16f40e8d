"""A user's own text."""

import itertools
from typing import Literal

import numpy as np

from zoo.data.base import corpus, partition
from zoo.data.base.splits import Dataset

WORDS = 20_000
WINDOW = 100

KIND = "text"
FILES = ("path", "validation", "test")


def build(
    data_dir: str | None,
    *,
    path: str,
    level: Literal["character", "word"] = "character",
    layout: Literal["lines", "running"] = "lines",
    length: int | None = None,
    vocabulary_size: int | None = None,
    validation: str | None = None,
    test: str | None = None,
) -> Dataset:
    """A UTF-8 file, as a sequence per line or as one running text.

    A held-out part without a file of its own is split off the file at `path`: of lines a tenth,
    drawn once by a fixed permutation; of a running text a tenth of its characters, validation
    before test at its end. Empty lines are skipped in the layout `"lines"`. The vocabulary is
    that of the training part.

    Args:
        data_dir: not used.
        path: the file.
        level: `"character"`, or `"word"`: lower-cased, punctuation apart, line ends lost.
        layout: `"lines"` or `"running"`.
        length: the number of symbols in an example, at least 2. In lines the end symbol is one
            of them, and longer lines are cut; None means the longest training line with its end
            symbol. In a running text None means 100.
        vocabulary_size: keep this many symbols, the most frequent ones; others are unknown. None
            means all characters, or 20,000 words.
        validation: a file for the validation part.
        test: a file for the test part.

    Raises:
        DataError: a file is missing, empty, not UTF-8 or too short, or a number is out of range.
    """
    cut, form = (_lines, corpus.sequences) if layout == "lines" else (_running, corpus.running)
    if vocabulary_size is None and level == "word":
        vocabulary_size = WORDS
    if length is None and layout == "running":
        length = WINDOW
    files = (validation, test)
    train, *tenths = cut(path, files.count(None))
    held_out = [tenths.pop(0) if file is None else cut(file, 0)[0] for file in files]
    return form([train, *held_out], level, length, vocabulary_size)


def _lines(path, held_out):
    lines = np.array([line for line in corpus.read(path).split("\n") if line.strip()], object)
    return [lines[part] for part in partition.indices(len(lines), path, held_out)]


def _running(path, held_out):
    text = corpus.read(path)
    tenth = len(text) // 10
    cuts = [0, *(len(text) - part * tenth for part in range(held_out, -1, -1))]
    return [text[start:stop] for start, stop in itertools.pairwise(cuts)]
