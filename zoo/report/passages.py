"""Longest passages that sample texts share with the training text."""

import dataclasses

import numpy as np

from zoo.metrics.base.comparison import without_end
from zoo.tokenizers.vocabulary import Vocabulary

_CONTEXT = 40  # tokens shown before and after a passage
_BETWEEN = "\U0010ffff"  # separates training texts, and occurs in none


@dataclasses.dataclass(frozen=True)
class Match:
    """A text and its longest passage that occurs in the training text.

    Attributes:
        text: the text before the passage, the passage, and the text after it.
        length: the length of the passage in tokens.
        training: the same three parts of the training text around the passage.
        whole: True if the text is an entire training text.
    """

    text: tuple[str, str, str]
    length: int
    training: tuple[str, str, str]
    whole: bool


class TrainingText:
    """Training texts as one string with a code point per token.

    Python's substring search is the fastest search available here.

    Args:
        texts: tokens, int32 [count, length], ended by the end token, or [1, length].
        vocabulary: of the tokens.
    """

    def __init__(self, texts: np.ndarray, vocabulary: Vocabulary):
        self._vocabulary = vocabulary
        self._text = _BETWEEN + "".join(
            _coded(text) + _BETWEEN for text in without_end(texts, vocabulary.end)
        )

    def match(self, tokens: tuple[int, ...]) -> Match:
        """Finds the longest passage of a text, tokens without the end token, that occurs here."""
        text, begin, length = _coded(tokens), 0, 0
        for start in range(len(text)):
            # Only passages longer than the longest so far.
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
        tokens = np.array([[ord(each) for each in text]], np.int32)
        return self._vocabulary.decode(tokens).numpy()[0].decode()


def _coded(tokens):
    return "".join(map(chr, tokens))
