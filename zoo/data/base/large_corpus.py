"""Contiguous text larger than memory: tokens in a file that is mapped into memory.

The data set is the one that `zoo.data.base.corpus.contiguous` builds of the same text.
"""

import collections
import functools
import json
import pathlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from zoo.data.base import corpus, prepared, reading
from zoo.data.base.splits import Dataset
from zoo.domains import Text
from zoo.tokenizers.vocabulary import Level, Vocabulary, split

_NAMES = ("train", "validation", "test")
_FORMAT = 1  # of what is prepared


class Part(NamedTuple):
    """A part of a file.

    Attributes:
        path: the file.
        start: the number of characters before the part.
        stop: the number of characters before its end; None: it ends with the file.
    """

    path: str
    start: int = 0
    stop: int | None = None

    def chunks(self) -> Iterator[str]:
        """Reads the part in chunks."""
        place = 0
        for text in reading.chunks(self.path):
            first = max(self.start - place, 0)
            last = len(text) if self.stop is None else max(self.stop - place, 0)
            if text[first:last]:
                yield text[first:last]
            place += len(text)


def num_characters(path: str) -> int:
    """The number of characters of a file.

    Raises:
        DataError: there is no such file, it is unreadable, or it is not UTF-8.
    """
    return sum(map(len, reading.chunks(path)))


def contiguous(
    parts: list[Part], level: Level, length: int, most: int | None, data_dir: str | None
) -> Dataset[Text]:
    """Builds a data set of windows of contiguous text, whose tokens stay on disk.

    Args:
        parts: the training, validation and test part.
        level: the tokens: characters or words.
        length: the number of tokens in a window.
        most: see `corpus.contiguous`.
        data_dir: see `prepared.folder`.

    Raises:
        DataError: see `corpus.contiguous` and `prepared.folder`.
    """
    corpus.check(length, most)
    digests = {path: prepared.digest(pathlib.Path(path).expanduser()) for path, *_ in parts}
    sources = [[digests[path], start, stop] for path, start, stop in parts]
    decides = ["text", _FORMAT, level, most, sources]
    write = functools.partial(_write, parts, level, most)
    folder = prepared.folder(data_dir, decides, write)
    vocabulary = Vocabulary.load(folder / "vocabulary.txt", level)
    tokens = [prepared.load(folder / f"{name}.npy") for name in _NAMES]
    unknown = json.loads((folder / "unknown.json").read_text(encoding="utf-8"))
    notes = corpus.unknown_tokens(unknown, [len(part) for part in tokens])
    return corpus.windows(vocabulary, tokens, length, notes)


def _write(parts, level, most, folder):
    print(f"Preparing {parts[0].path}, once ...", flush=True)
    counts = [_counts(part, level) for part in parts]
    vocabulary = Vocabulary.of_counts(counts[0], level, most)
    vocabulary.save(folder / "vocabulary.txt")
    dtype = np.min_scalar_type(vocabulary.size)
    for name, part, count in zip(_NAMES, parts, counts, strict=True):
        tokens = _tokens(part, level, vocabulary)
        prepared.save(folder / f"{name}.npy", tokens, (sum(count.values()),), dtype)
    known = set(vocabulary.ordinary)
    unknown = [sum(n for token, n in count.items() if token not in known) for count in counts]
    (folder / "unknown.json").write_text(json.dumps(unknown), encoding="utf-8")


def _counts(part, level):
    """The number of times that each token occurs, a dict."""
    counts = collections.Counter()
    for text in _separable(part.chunks(), level):
        if level == "character":
            points, times = np.unique(_code_points(text), return_counts=True)
            counts.update(dict(zip(map(chr, points.tolist()), times.tolist(), strict=True)))
        else:
            counts.update(word.decode() for word in split([text], level).flat_values.numpy())
    return counts


def _tokens(part, level, vocabulary):
    """The tokens of a part, chunk by chunk."""
    if level == "character":
        ids = np.full(0x110000, vocabulary.unknown, np.int32)
        ordinary = np.array([ord(character) for character in vocabulary.ordinary])
        ids[ordinary] = np.arange(vocabulary.size - len(ordinary), vocabulary.size)
    for text in _separable(part.chunks(), level):
        if level == "character":
            yield ids[_code_points(text)]
        else:
            yield vocabulary.encode([text]).flat_values.numpy()


def _code_points(text):
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def _separable(texts, level):
    """Chunks of text that no word goes across: each but the last ends with a space."""
    if level == "character":
        yield from texts
        return
    rest = ""
    for text in texts:
        end = next((n for n in range(len(text), 0, -1) if text[n - 1].isspace()), 0)
        if end:
            yield rest + text[:end]
            rest = text[end:]
        else:
            rest += text
    if rest:
        yield rest
