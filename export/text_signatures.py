"""How a served model of text is called."""

import numpy as np
import tensorflow as tf

from export.servable import Servable, Signature
from zoo import spec
from zoo.errors import require
from zoo.vocabulary import ABSENT

# Rows of a batch are as wide as the longest: the limit keeps one row from taking all memory.
MOST_SCORED = 1024

_TEXT, _SEED, _TOKENS = (tf.string, []), (tf.int64, []), (tf.int32, [None])


def build(model, sampler: str | None = None, length: int | None = None) -> Servable:
    """The signatures of an autoregressive model of text.

    Args:
        model: see `zoo.models`.
        sampler: the spec of a member of `zoo.samplers`; None: ancestral().
        length: the most symbols of a generated text; None: as in training.

    Raises:
        SpecError: a sampler or a length that cannot be.
    """
    length = model.example.length if length is None else length
    require(length >= 1, f"length={length} should be at least 1.")
    text = _Text(model, spec.build("samplers", sampler or "ancestral()"), length)
    rows = _Rows(model.example.vocabulary)
    generate = Signature(
        text.generate, {"prompt": _TEXT, "seed": _SEED}, rows.prompts(text.longest_prompt)
    )
    signatures = {
        "serving_default": generate,
        "generate": generate,
        "score": Signature(text.score, {"text": _TEXT}, rows.texts(text.longest_text)),
        "logits": Signature(text.logits, {"tokens": _TOKENS}, rows.tokens()),
    }
    return Servable(signatures, model.variables, [model.example.vocabulary.table])


class _Text:
    """The functions behind the signatures."""

    def __init__(self, model, sampler, length):
        self.model, self.sampler, self.length = model, sampler, length
        self.vocabulary = model.example.vocabulary
        self.closed = not model.example.running and self.vocabulary.end != ABSENT
        self.longest_prompt = length - 1  # what has no room to go on is no prompt
        self.longest_text = max(length, MOST_SCORED)

    def generate(self, inputs):
        """Continues prompts."""
        prompt, seed = inputs["prompt"], inputs["seed"]
        tokens, num_symbols, error = self._read(prompt, self.longest_prompt, "prompt")
        drawn = self.model.generate(seed, self.sampler, self.length, tokens, num_symbols)
        return _answer(
            error,
            text=self.vocabulary.continued(prompt, drawn.tokens, num_symbols),
            log_prob=drawn.log_prob,
            num_tokens=drawn.num_tokens,
        )

    def score(self, inputs):
        """The log-probability of texts, with the end symbol where texts are closed by one."""
        tokens, num_symbols, error = self._read(inputs["text"], self.longest_text, "text")
        # A column more than the longest text has: room for its end symbol.
        tokens = tf.pad(tokens, [[0, 0], [0, 1]], constant_values=self.vocabulary.end)
        tokens = tf.maximum(tokens, 0)  # an absent end symbol fills up too, and is no input
        num_tokens = num_symbols + (1 if self.closed else 0)
        nats = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=tokens, logits=self.model(self.model.shift(tokens))
        )
        covered = tf.sequence_mask(num_tokens, tf.shape(tokens)[1])
        unknown = tokens == self.vocabulary.unknown
        return _answer(
            error,
            log_prob=-tf.reduce_sum(tf.where(covered, nats, 0.0), axis=-1),
            num_tokens=num_tokens,
            num_unknown=tf.reduce_sum(tf.cast(unknown, tf.int32), axis=-1),
        )

    def logits(self, inputs):
        """The logits after each token; what is no token reads as 0, the unknown symbol if any."""
        tokens = inputs["tokens"]
        known = tf.logical_and(tokens >= 0, tokens <= self.vocabulary.start)
        return {"logits": self.model(tf.where(known, tokens, 0))}

    def _read(self, texts, most, what):
        """The ids of texts.

        Returns:
            int32 [batch, at most `most`], filled up with end symbols; the number of symbols of
            each row, int32 [batch]; and what is wrong with each, strings [batch]. A row with
            something wrong has no symbols.
        """
        valid = texts == tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")
        symbols = self.vocabulary.encode(texts)
        count = tf.cast(symbols.row_lengths(), tf.int32)
        too_long = tf.strings.join(
            [
                f"The {what} has ",
                tf.strings.as_string(count),
                f" symbols; give one of at most {most}.",
            ]
        )
        error = tf.where(count <= most, "", too_long)
        absent = tf.reduce_any(symbols == ABSENT, axis=-1)
        error = tf.where(absent, f"The {what} has symbols that the model does not know.", error)
        error = tf.where(valid, error, f"The {what} is not UTF-8; encode it so.")
        symbols = symbols[:, :most].to_tensor(self.vocabulary.end)
        return symbols, tf.where(error == "", count, 0), error


def _answer(error, **outputs):
    """The outputs, empty or 0 in rows that have an error."""
    good = error == ""
    answer = {name: tf.where(good, row, tf.zeros_like(row)) for name, row in outputs.items()}
    return answer | {"error": error}


class _Rows:
    """Examples: a good row first, then others, and rows that are answered with an error."""

    def __init__(self, vocabulary):
        self.start, self.separator = vocabulary.start, vocabulary.separator
        self.frequent = vocabulary.ordinary[:3]

    def prompts(self, longest):
        """For `generate`."""
        rows = self.texts(longest)["text"]
        return {"prompt": rows, "seed": np.arange(len(rows))}

    def texts(self, longest):
        """For `score`: some symbols, none, an unknown one, no UTF-8, and too many."""
        some = self.separator.join(self.frequent[:longest])
        too_many = self.separator.join([self.frequent[0]] * (longest + 1))
        rows = [some.encode(), b"", "\N{SNOWMAN}".encode(), b"\xff", too_many.encode()]
        return {"text": np.array(rows, dtype=object)}

    def tokens(self):
        """For `logits`: the start symbol and others, some of which do not exist."""
        return {"tokens": np.array([[self.start, 0, 1], [self.start + 1, -1, 2]], np.int32)}
