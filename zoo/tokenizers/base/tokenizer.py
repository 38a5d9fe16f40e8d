"""The contract of tokenizers."""

import abc
import pathlib
from typing import Self

import tensorflow as tf

ABSENT = -1  # the id of a special token that is missing; no token has it


class Tokenizer(abc.ABC):
    """Splits texts into tokens, numbers them, and joins them again.

    Models predict the ids below `size`. The id `start`, which equals `size`, is an input only. A
    model that is conditioned on classes has a start token for each, from `start` up.

    All work is done by TensorFlow operations: a served model splits texts as training does.

    Attributes:
        unknown: the id of whatever is not a token; `ABSENT` where there is none.
        end: the id that closes a text; `ABSENT` where there is none.

    Example:
        >>> from zoo.tokenizers.vocabulary import Vocabulary
        >>> vocabulary = Vocabulary(["<unknown>", "<end>", "a", "b"], "character")
        >>> vocabulary.encode(["ab", "a"]).to_list()
        [[2, 3], [2]]
        >>> vocabulary.decode([[2, 3, 1], [2, 1, 3]]).numpy().tolist()
        [b'ab', b'a']
    """

    unknown: int
    end: int

    @property
    @abc.abstractmethod
    def size(self) -> int:
        """The number of tokens that a model predicts, the special ones included."""

    @property
    @abc.abstractmethod
    def unit(self) -> str:
        """The name of a token in units, e.g. "character" in "nats per character"."""

    @property
    @abc.abstractmethod
    def separator(self) -> str:
        """The string between two tokens of a text."""

    @property
    def start(self) -> int:
        """The id of the token that is read before the first one of a sequence."""
        return self.size

    @abc.abstractmethod
    def encode(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Splits texts into tokens.

        Args:
            texts: strings [batch], UTF-8.

        Returns:
            Ids, int32 [batch, None], without the end token; `unknown`, which may be `ABSENT`, for
            whatever is not a token.
        """

    @abc.abstractmethod
    def decode(self, tokens: tf.Tensor) -> tf.Tensor:
        """Joins tokens to texts, each up to its first end token, or to the first `ABSENT`.

        Args:
            tokens: ids, int32 [batch, length].

        Returns:
            Strings [batch], UTF-8; an unknown token shows as U+FFFD.
        """

    @abc.abstractmethod
    def save(self, path: pathlib.Path) -> None:
        """Writes the tokenizer to a file."""

    @classmethod
    @abc.abstractmethod
    def load(cls, path: pathlib.Path, unit: str) -> Self:
        """Reads what `save` has written; `unit` is recorded apart from it, in the run folder."""

    def continued(self, prompts: tf.Tensor, tokens: tf.Tensor, num_tokens: tf.Tensor) -> tf.Tensor:
        """Appends to prompts, which stay as they are, the text of the tokens after them.

        Args:
            prompts: strings [batch], UTF-8.
            tokens: int32 [batch, length], the prompts' tokens and those that follow.
            num_tokens: int32 [batch], the number of the prompts' tokens.

        Returns:
            Strings [batch].
        """
        follows = tf.range(tf.shape(tokens)[1]) >= num_tokens[:, None]
        rest = tf.ragged.boolean_mask(tokens, follows).to_tensor(self.end)
        written = self.decode(rest)
        apart = tf.strings.regex_full_match(prompts, r"(?s:.*\S)") & (written != "")
        return tf.strings.join([prompts, tf.where(apart, self.separator, ""), written])
