"""The domain of texts."""

import dataclasses

from zoo.tokenizers.vocabulary import Vocabulary


@dataclasses.dataclass(frozen=True)
class Text:
    """Sequences of tokens, int32 [batch, length].

    Attributes:
        vocabulary: the tokens and their ids, which a batch holds.
        length: the number of tokens in an example, the end token included.
        contiguous: True where examples are windows of a corpus of contiguous text, which has no end
            token within; False where each is a text of its own, closed by the end token.
    """

    vocabulary: Vocabulary
    length: int
    contiguous: bool

    kind = "text"
    num_classes = 0

    @property
    def unit(self) -> str:
        """The unit of the negative log-likelihood, e.g. "nats per character"."""
        return f"nats per {self.vocabulary.unit}"

    @property
    def example_separator(self) -> str:
        """The string between two examples in a file: an empty line where texts have several."""
        return "\n\n" if self.contiguous else "\n"

    def __str__(self):
        kind = "windows of contiguous text" if self.contiguous else "texts"
        return f"{kind} of up to {self.length} tokens, {self.vocabulary.size} in the vocabulary"
