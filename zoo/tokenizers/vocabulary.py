"""The symbols of a text data set: characters or words, to ids and back.

All splitting is done by TensorFlow's string operations, so that training and a served
model cut a text in the same way.
"""

import collections
import json
import pathlib
from typing import Literal

import numpy as np
import tensorflow as tf

UNKNOWN, END, START = "<unknown>", "<end>", "<start>"
ABSENT = -1  # an id that no symbol has, so that nothing ever equals it
Level = Literal["character", "word"]

# A word is a run of letters, digits and apostrophes; any other visible character is its own word.
_PUNCTUATION = r"([^\p{L}\p{N}\p{M}'\s])"
# The spaces and controls of Unicode; TensorFlow's own splitting knows those of ASCII only.
_SPACES = r"[\s\p{Z}\p{Cc}]+"


class Vocabulary:
    """Symbols and their ids: unknown is 0, end is 1, the others follow; start comes last.

    A model predicts the ids below `size`; `start`, which equals `size`, is an input only. Data
    of which every symbol is known and every text has the same length needs neither unknown nor
    end: these are then absent, and ids begin with the first ordinary symbol.

    Attributes:
        level: `"character"` (Unicode code points) or `"word"` (lower-cased, punctuation apart).
        symbols: the predicted symbols in the order of their ids.
        ordinary: those of them that a text may hold.
        unknown: the id of what is no ordinary symbol; `ABSENT` where there is none.
        end: the id that closes a text; `ABSENT` where there is none.
    """

    def __init__(self, symbols: list[str], level: Level):
        self.level = level
        self.symbols = tuple(symbols)
        special = self.symbols[:2] == (UNKNOWN, END)
        self.unknown, self.end = (0, 1) if special else (ABSENT, ABSENT)
        self.ordinary = self.symbols[2:] if special else self.symbols
        if {UNKNOWN, END} & set(self.ordinary):
            raise ValueError(
                f"symbols must begin with {UNKNOWN!r}, {END!r} or hold neither; they begin with "
                f"{list(self.symbols[:2])!r}."
            )
        self._table = None

    def __eq__(self, other):
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return (self.level, self.symbols) == (other.level, other.symbols)

    def __hash__(self):
        return hash((self.level, self.symbols))

    @property
    def size(self) -> int:
        """The number of symbols that a model predicts."""
        return len(self.symbols)

    @property
    def start(self) -> int:
        """The id that stands before the first symbol of a sequence."""
        return self.size

    @classmethod
    def of(cls, texts, level: Level, most: int | None = None) -> "Vocabulary":
        """The vocabulary of `texts`, which should be the training part only.

        Args:
            texts: a list of strings.
            level: `"character"` or `"word"`.
            most: keep at most this many symbols, the most frequent ones, beside unknown and end.
                None keeps all.

        Returns:
            A vocabulary; symbols in the order of their frequency, ties in code point order.
        """
        counts = collections.Counter()
        for part in range(0, len(texts), 10_000):
            counts.update(split(texts[part : part + 10_000], level).flat_values.numpy().tolist())
        ordered = sorted(counts, key=lambda symbol: (-counts[symbol], symbol))[:most]
        return cls([UNKNOWN, END, *(symbol.decode() for symbol in ordered)], level)

    def encode(self, texts):
        """The ids of texts.

        Args:
            texts: strings [batch], UTF-8.

        Returns:
            A ragged int32 tensor [batch, None]; symbols outside the vocabulary are `unknown`,
            which may be `ABSENT`.
        """
        symbols = split(texts, self.level)
        return symbols.with_flat_values(self.table.lookup(symbols.flat_values))

    def decode(self, tokens):
        """The texts of ids, each up to its first end symbol, or absent id where there is none.

        Args:
            tokens: int32 [batch, length].

        Returns:
            Strings [batch], UTF-8; an unknown symbol shows as U+FFFD.
        """
        special = [] if self.end == ABSENT else ["\ufffd", ""]
        shown = tf.gather([*special, *self.ordinary], tf.maximum(tokens, 0))
        kept = tf.ragged.boolean_mask(shown, before_end(tokens, self.end))
        return tf.strings.reduce_join(kept, axis=-1, separator=self.separator)

    def continued(self, prompts, tokens, num_symbols):
        """Prompts as they came, each with the text of what follows it.

        Args:
            prompts: strings [batch], UTF-8.
            tokens: int32 [batch, length], the prompts' symbols and those that follow.
            num_symbols: int32 [batch], how many of the symbols are the prompt's.

        Returns:
            Strings [batch].
        """
        follows = tf.range(tf.shape(tokens)[1]) >= num_symbols[:, None]
        rest = tf.ragged.boolean_mask(tokens, follows).to_tensor(self.end)
        written = self.decode(rest)
        apart = tf.strings.regex_full_match(prompts, r"(?s:.*\S)") & (written != "")
        return tf.strings.join([prompts, tf.where(apart, self.separator, ""), written])

    @property
    def separator(self) -> str:
        """What stands between two symbols of a text."""
        return " " if self.level == "word" else ""

    @property
    def table(self) -> tf.lookup.StaticHashTable:
        """The lookup table of the symbols; a module that serves `encode` must track it."""
        if self._table is None:
            with tf.init_scope():
                # Unknown and end are among the keys, since a table may not be empty; no text
                # is ever cut into symbols like these.
                ids = tf.range(self.size, dtype=tf.int32)
                initializer = tf.lookup.KeyValueTensorInitializer(tf.constant(self.symbols), ids)
                self._table = tf.lookup.StaticHashTable(initializer, default_value=self.unknown)
        return self._table

    def save(self, path: pathlib.Path) -> None:
        """Writes one JSON string per line, start last."""
        lines = [json.dumps(symbol, ensure_ascii=False) for symbol in (*self.symbols, START)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: pathlib.Path, level: Level) -> "Vocabulary":
        """Reads what `save` wrote."""
        # Only "\n" ends a line: str.splitlines would also cut at U+2028 and the like.
        lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
        return cls([json.loads(line) for line in lines[:-1]], level)


def split(texts, level: Level):
    """Cuts texts [batch] into symbols, a ragged tensor of strings [batch, None]."""
    texts = tf.convert_to_tensor(texts, tf.string)
    if level == "character":
        return tf.strings.unicode_split(texts, "UTF-8")
    # Spaces come first, because `tf.strings.lower` drops all that follows a null character.
    lower = tf.strings.lower(tf.strings.regex_replace(texts, _SPACES, " "), "utf-8")
    return tf.strings.split(tf.strings.regex_replace(lower, _PUNCTUATION, r" \1 "))


def before_end(tokens, end: int):
    """Whether each position stands before the first end symbol, bool of the shape of tokens."""
    return tf.cumsum(tf.cast(tf.equal(tokens, end), tf.int32), axis=-1) == 0


def up_to_end(tokens, end: int):
    """Whether each position stands before or at the first end symbol: the part that counts."""
    return tf.cumsum(tf.cast(tf.equal(tokens, end), tf.int32), axis=-1, exclusive=True) == 0


def pad(rows, length: int, end: int) -> np.ndarray:
    """Sequences as one array, each closed by the end symbol and filled up with it.

    Args:
        rows: a ragged int32 tensor [batch, None]; longer rows are cut to `length`.
        length: the width of the result.
        end: the end symbol's id.

    Returns:
        An int32 array [batch, length].
    """
    return rows[:, :length].to_tensor(default_value=end, shape=[None, length]).numpy()
