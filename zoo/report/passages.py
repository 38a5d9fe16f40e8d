"""Sample texts with the longest piece of each that also stands in the training text."""

import dataclasses

import numpy as np

from zoo.metrics.base.comparison import without_end
from zoo.tokenizers.vocabulary import Vocabulary

_CONTEXT = 40  # symbols shown before and after a piece
_BETWEEN = "\U0010ffff"  # stands between training texts, and in none


@dataclasses.dataclass(frozen=True)
class Match:
    """A text and the longest piece of it that the training text has.

    Attributes:
        text: the text before the piece, the piece, and the text after it.
        length: how many symbols the piece has.
        training: what stands before the piece in the training text, the piece, and what follows.
        whole: whether the text is a training text from beginning to end.
    """

    text: tuple[str, str, str]
    length: int
    training: tuple[str, str, str]
    whole: bool


class TrainingText:
    """The training texts as one string with a code point for each symbol.

    Python's search for a string in a string is the fastest search that there is here.

    Args:
        texts: symbols, int32 [count, length], closed by the end symbol, or [1, length].
        vocabulary: of the symbols.
    """

    def __init__(self, texts: np.ndarray, vocabulary: Vocabulary):
        self._vocabulary = vocabulary
        self._text = _BETWEEN + "".join(
            _coded(text) + _BETWEEN for text in without_end(texts, vocabulary.end)
        )

    def match(self, symbols: tuple[int, ...]) -> Match:
        """The longest piece of a text, symbols without the end, that stands here."""
        text, begin, length = _coded(symbols), 0, 0
        for start in range(len(text)):
            # A longer piece than the longest so far, or none.
            while start + length < len(text) and text[start : start + length + 1] in self._text:
                begin, length = start, length + 1
        return Match(
            self._parts(text, begin, begin + length),
            length,
            self._around(text[begin : begin + length]),
            f"{_BETWEEN}{text}{_BETWEEN}" in self._text,
        )

    def _around(self, piece):
        place = self._text.index(piece)
        before = self._text[max(place - _CONTEXT, 0) : place].rpartition(_BETWEEN)[2]
        end = place + len(piece)
        after = self._text[end : end + _CONTEXT].partition(_BETWEEN)[0]
        return self._parts(before + piece + after, len(before), len(before) + len(piece))

    def _parts(self, text, begin, end):
        before, piece, after = map(self._decoded, (text[:begin], text[begin:end], text[end:]))
        between = self._vocabulary.separator
        return before + between * bool(before), piece, between * bool(after) + after

    def _decoded(self, text):
        symbols = np.array([[ord(each) for each in text]], np.int32)
        return self._vocabulary.decode(symbols).numpy()[0].decode()


def _coded(symbols):
    return "".join(map(chr, symbols))
