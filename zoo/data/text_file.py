"""A user's own text."""

import itertools
import pathlib
from typing import Literal

import numpy as np

from zoo.data.base import corpus, large_corpus, partition, prepared, reading
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
        data_dir: where the tokens of contiguous text are kept whose files have more than 64 MB
            together: they are prepared once and read from there. None: the user's cache folder.
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
    if vocabulary_size is None and level == "word":
        vocabulary_size = WORDS
    files = {"path": path, "validation": validation, "test": test}
    if layout == "lines":
        return corpus.sequences(_parts(_lines, **files), level, length, vocabulary_size)
    if length is None:
        length = WINDOW
    if sum(map(_size, files.values())) > prepared.LARGE:
        parts = _parts(_large_corpus, **files)
        return large_corpus.contiguous(parts, level, length, vocabulary_size, data_dir)
    return corpus.contiguous(_parts(_corpus, **files), level, length, vocabulary_size)


def _parts(cut, path, validation, test):
    """The three parts; `cut` cuts held-out ones, by their number, off a file."""
    files = (validation, test)
    train, *tenths = cut(path, files.count(None))
    return [train, *(tenths.pop(0) if file is None else cut(file, 0)[0] for file in files)]


def _lines(path, held_out):
    lines = np.array([line for line in reading.read(path).split("\n") if line.strip()], object)
    return [lines[part] for part in partition.indices(len(lines), path, held_out)]


def _corpus(path, held_out):
    text = reading.read(path)
    return [text[start:stop] for start, stop in _cuts(len(text), held_out)]


def _large_corpus(path, held_out):
    cuts = _cuts(large_corpus.num_characters(path), held_out)
    return [large_corpus.Part(path, *cut) for cut in cuts]


def _cuts(count, held_out):
    """Places at which the training part and so many held-out tenths begin and end."""
    cuts = [0, *(count - part * (count // 10) for part in range(held_out, -1, -1))]
    return list(itertools.pairwise(cuts))


def _size(path):
    """The size of a file in bytes, 0 if there is none."""
    file = pathlib.Path(path or "").expanduser()
    return file.stat().st_size if file.is_file() else 0
