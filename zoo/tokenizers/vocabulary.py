"""The tokenizer of characters and words, and masks up to the end token."""

import collections
import json
import pathlib
from typing import Literal

import numpy as np
import tensorflow as tf

from zoo.tokenizers.base.tokenizer import ABSENT, Tokenizer

UNKNOWN, END, START = "<unknown>", "<end>", "<start>"
Level = Literal["character", "word"]

# A word is a run of letters, digits and apostrophes; any other visible character is its own word.
_PUNCTUATION = r"([^\p{L}\p{N}\p{M}'\s])"
# The spaces and controls of Unicode; TensorFlow's own splitting knows only those of ASCII.
_SPACES = r"[\s\p{Z}\p{Cc}]+"


class Vocabulary(Tokenizer):
    """A list of all tokens, which are characters or words.

    The unknown token has the id 0, the end token 1, the others follow. Data whose texts have one
    length and no unknown token needs neither: both are then `ABSENT`, and the ids begin with the
    first ordinary token.

    Args:
        tokens: the predicted tokens in the order of their ids, as strings.
        level: `"character"` (Unicode code points) or `"word"` (lower-cased, punctuation apart).

    Attributes:
        level: see above.
        tokens: the predicted tokens in the order of their ids.
        ordinary: the tokens without the special ones: those that a text may have.
        unknown: see `Tokenizer`.
        end: see `Tokenizer`.

    Raises:
        ValueError: one of the two special tokens stands alone, or elsewhere than in front.
    """

    def __init__(self, tokens: list[str], level: Level):
        self.level = level
        self.tokens = tuple(tokens)
        special = self.tokens[:2] == (UNKNOWN, END)
        self.unknown, self.end = (0, 1) if special else (ABSENT, ABSENT)
        self.ordinary = self.tokens[2:] if special else self.tokens
        if {UNKNOWN, END} & set(self.ordinary):
            raise ValueError(
                f"tokens must begin with {UNKNOWN!r}, {END!r} or hold neither; they begin with "
                f"{list(self.tokens[:2])!r}."
            )
        self._table = None

    def __eq__(self, other):
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return (self.level, self.tokens) == (other.level, other.tokens)

    def __hash__(self):
        return hash((self.level, self.tokens))

    @property
    def size(self) -> int:
        """See `Tokenizer`."""
        return len(self.tokens)

    @property
    def unit(self) -> str:
        """See `Tokenizer`: "character" or "word"."""
        return self.level

    @property
    def separator(self) -> str:
        """See `Tokenizer`: a space between words."""
        return " " if self.level == "word" else ""

    @classmethod
    def of(cls, texts: list[str], level: Level, most: int | None = None) -> "Vocabulary":
        """Collects the vocabulary of texts, which should be those of the training part only.

        Args:
            texts: strings, UTF-8.
            level: `"character"` or `"word"`.
            most: the number of tokens that are kept, the most frequent ones, not counting unknown
                and end; None: all.

        Returns:
            A vocabulary with its tokens in the order of frequency, ties in code point order.
        """
        counts = collections.Counter()
        for part in range(0, len(texts), 10_000):
            counts.update(split(texts[part : part + 10_000], level).flat_values.numpy().tolist())
        return cls.of_counts({token.decode(): n for token, n in counts.items()}, level, most)

    @classmethod
    def of_counts(
        cls, counts: dict[str, int], level: Level, most: int | None = None
    ) -> "Vocabulary":
        """The vocabulary of texts in which each token occurs so many times; see `of`."""
        ordered = sorted(counts, key=lambda token: (-counts[token], token))[:most]
        return cls([UNKNOWN, END, *ordered], level)

    def encode(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """See `Tokenizer.encode`."""
        strings = split(texts, self.level)
        return strings.with_flat_values(self.table.lookup(strings.flat_values))

    def decode(self, tokens: tf.Tensor) -> tf.Tensor:
        """See `Tokenizer.decode`."""
        special = [] if self.end == ABSENT else ["\ufffd", ""]
        shown = tf.gather([*special, *self.ordinary], tf.maximum(tokens, 0))
        kept = tf.ragged.boolean_mask(shown, before_end(tokens, self.end))
        return tf.strings.reduce_join(kept, axis=-1, separator=self.separator)

    @property
    def table(self) -> tf.lookup.StaticHashTable:
        """The lookup table of the tokens, which a module that serves `encode` must track."""
        if self._table is None:
            with tf.init_scope():
                # Unknown and end are among the keys, since a table may not be empty; no text is
                # ever split into tokens like these.
                ids = tf.range(self.size, dtype=tf.int32)
                initializer = tf.lookup.KeyValueTensorInitializer(tf.constant(self.tokens), ids)
                self._table = tf.lookup.StaticHashTable(initializer, default_value=self.unknown)
        return self._table

    def save(self, path: pathlib.Path) -> None:
        """Writes one JSON string per line, the start token last."""
        lines = [json.dumps(token, ensure_ascii=False) for token in (*self.tokens, START)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: pathlib.Path, unit: Level) -> "Vocabulary":
        """See `Tokenizer.load`."""
        # Only "\n" ends a line: str.splitlines would also cut at U+2028 and the like.
        lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
        return cls([json.loads(line) for line in lines[:-1]], unit)


def split(texts: tf.Tensor, level: Level) -> tf.RaggedTensor:
    """Splits texts [batch] into tokens, strings [batch, None]."""
    texts = tf.convert_to_tensor(texts, tf.string)
    if level == "character":
        return tf.strings.unicode_split(texts, "UTF-8")
    # Spaces come first, because `tf.strings.lower` drops all that follows a null character.
    lower = tf.strings.lower(tf.strings.regex_replace(texts, _SPACES, " "), "utf-8")
    return tf.strings.split(tf.strings.regex_replace(lower, _PUNCTUATION, r" \1 "))


def before_end(tokens: tf.Tensor, end: int) -> tf.Tensor:
    """Masks the tokens before the first end token of each sequence, bool of the tokens' shape."""
    return tf.cumsum(tf.cast(tf.equal(tokens, end), tf.int32), axis=-1) == 0


def up_to_end(tokens: tf.Tensor, end: int) -> tf.Tensor:
    """Masks the tokens up to the first end token, included, bool of the tokens' shape."""
    ends = tf.cast(tf.equal(tokens, end), tf.int32)
    # The last axis by its number: TensorFlow.js misreads -1 here.
    return tf.cumsum(ends, axis=ends.shape.rank - 1, exclusive=True) == 0


def pad(rows: tf.RaggedTensor, length: int, end: int) -> np.ndarray:
    """Pads sequences to one length with the end token.

    Args:
        rows: int32 [batch, None]; longer rows are truncated to `length`.
        length: the length of the result.
        end: the id of the end token.

    Returns:
        An int32 array [batch, length].
    """
    return rows[:, :length].to_tensor(default_value=end, shape=[None, length]).numpy()
