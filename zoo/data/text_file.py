"""A user's own text."""

import itertools
from typing import Literal

import numpy as np

from zoo.data.base import corpus, partition
from zoo.data.base.splits import Dataset
from zoo.domains import Text
from zoo.spec import File

WORDS = 20_000
WINDOW = 100


def build(
    data_dir: str | None,
    *,
    path: File,
    level: Literal["character", "word"] = "character",
    layout: Literal["lines", "running"] = "lines",
    length: int | None = None,
    vocabulary_size: int | None = None,
    validation: File | None = None,
    test: File | None = None,
) -> Dataset[Text]:
    """A UTF-8 file, as one sequence per line or as a corpus of contiguous text.

    A held-out part without a file of its own is split off the file at `path`: a tenth of the
    lines, drawn once by a fixed permutation; or a tenth of the corpus's characters, at its end,
    validation before test. The layout `"lines"` skips empty lines. The vocabulary is built from
    the training part.

    Args:
        data_dir: not used.
        path: the file.
        level: the tokens: `"character"`, or `"word"`, which lower-cases, separates punctuation
            and drops line ends.
        layout: `"lines"`, or `"running"` for contiguous text, from which windows are drawn.
        length: the number of tokens in an example, at least 2. A line includes its end token, and
            longer lines are truncated; None: the longest training line with its end token.
            A window of contiguous text has 100 for None.
        vocabulary_size: the size to which the vocabulary is limited: the most frequent tokens are
            kept, others are unknown. None: all characters, or 20,000 words.
        validation: a file for the validation part.
        test: a file for the test part.

    Raises:
        DataError: a file is missing, empty, not UTF-8 or too short, or a number is out of range.
    """
    contiguous = layout == "running"
    cut = _corpus if contiguous else _lines
    form = corpus.contiguous if contiguous else corpus.sequences
    if vocabulary_size is None and level == "word":
        vocabulary_size = WORDS
    if length is None and contiguous:
        length = WINDOW
    files = (validation, test)
    train, *tenths = cut(path, files.count(None))
    held_out = [tenths.pop(0) if file is None else cut(file, 0)[0] for file in files]
    return form([train, *held_out], level, length, vocabulary_size)


def _lines(path, held_out):
    lines = np.array([line for line in corpus.read(path).split("\n") if line.strip()], object)
    return [lines[part] for part in partition.indices(len(lines), path, held_out)]


def _corpus(path, held_out):
    text = corpus.read(path)
    tenth = len(text) // 10
    cuts = [0, *(len(text) - part * tenth for part in range(held_out, -1, -1))]
    return [text[start:stop] for start, stop in itertools.pairwise(cuts)]
