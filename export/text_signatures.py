"""Signatures of a served language model."""

import numpy as np
import tensorflow as tf

from export.ratio_estimator import RatioEstimator
from export.servable import Servable, Signature
from zoo import samplers
from zoo.errors import require
from zoo.models.base.sequence_model import SequenceModel
from zoo.runs import refining
from zoo.samplers.greedy import keep_most_likely
from zoo.samplers.nucleus import keep_nucleus
from zoo.samplers.top_k import keep_top_k
from zoo.tokenizers.vocabulary import ABSENT

# Rows of a batch are as wide as the longest: the limit keeps one row from taking all memory.
MOST_SCORED = 1024

_BOUND_OF_NO_PROMPT = (
    "this model accepts by a bound that was fitted without a prompt: leave the prompt empty, or "
    "export it with --refine='refine(candidates=8)'"
)
_TEXT, _SEED, _TOKENS = (tf.string, []), (tf.int64, []), (tf.int32, [None])
_COUNT = (tf.int32, [])
_OPTIONS = {
    "temperature": (tf.float32, []),
    "top_p": (tf.float32, []),
    "top_k": (tf.int32, []),
    "max_new_tokens": (tf.int32, []),
}


def build(
    model: SequenceModel,
    sampler: str | None = None,
    length: int | None = None,
    estimator: RatioEstimator | None = None,
    refiner: refining.Refiner | None = None,
) -> Servable:
    """Builds the signatures of a language model.

    Args:
        model: see `zoo.models`.
        sampler: the spec of a member of `zoo.samplers`; None: ancestral().
        length: the maximum number of tokens of a generated text; None: as in training.
        estimator: of the log density ratio, where one was trained with the model.
        refiner: chooses among candidates, where refined samples are served too.

    Raises:
        SpecError: a sampler or a length that cannot be.
    """
    length = model.domain.length if length is None else length
    require(length >= 1, f"length={length} should be at least 1.")
    text = _Text(model, samplers.of_tokens(sampler or "ancestral()"), length)
    rows = _Rows(model.domain.vocabulary)
    prompt = {"prompt": _TEXT, "seed": _SEED}
    generate = Signature(text.generate, prompt, rows.prompts(text.longest_prompt))
    with_options = Signature(
        text.generate_with_options, prompt | _OPTIONS, rows.options(text.longest_prompt)
    )
    signatures = {
        "serving_default": generate,
        "generate": generate,
        "generate_with_options": with_options,
        "score": Signature(text.score, {"text": _TEXT}, rows.texts(text.longest_text)),
        "logits": Signature(text.logits, {"tokens": _TOKENS}, rows.tokens()),
        "logits_padded": Signature(
            text.logits_padded,
            {"tokens": (tf.int32, [length]), "num_tokens": _COUNT},
            rows.padded_tokens(length),
        ),
    }
    variables = list(model.variables)
    if estimator is not None:
        signatures["log_density_ratio"] = Signature(
            text.log_density_ratio_by(estimator), {"text": _TEXT}, rows.texts(model.domain.length)
        )
        variables += estimator.discriminator.variables
    if refiner is not None:
        function = text.generate_refined_by(refiner)
        longest = min(length, model.domain.length) - 1
        signatures["generate_refined"] = Signature(function, prompt, rows.prompts(longest))
    return Servable(signatures, variables, [model.domain.vocabulary.table])


class _Text:
    """The functions behind the signatures."""

    def __init__(self, model, sampler, length):
        self.model, self.sampler, self.length = model, sampler, length
        self.vocabulary = model.domain.vocabulary
        self.closed = not model.domain.contiguous and self.vocabulary.end != ABSENT
        self.longest_prompt = length - 1  # what has no room to go on is no prompt
        self.longest_text = max(length, MOST_SCORED)

    def generate(self, inputs):
        """Continues prompts."""
        return self._continued(inputs, self.sampler)

    def generate_with_options(self, inputs):
        """Continues prompts, with a sampler of its own for each row."""
        temperature, top_p, top_k = (inputs[name] for name in ("temperature", "top_p", "top_k"))
        cold = temperature < samplers.LEAST_TEMPERATURE  # 0, or a row that is refused
        divisor = tf.where(cold, 1.0, temperature)[:, None]

        def sampler(logits):
            kept = keep_nucleus(keep_top_k(logits / divisor, top_k), top_p)
            return tf.where(cold[:, None], keep_most_likely(logits), kept)

        return self._continued(inputs, sampler, inputs["max_new_tokens"], _wrong_options(inputs))

    def _continued(self, inputs, sampler, max_new_tokens=None, wrong=""):
        prompt, seed = inputs["prompt"], inputs["seed"]
        tokens, num_read, error = self._read(prompt, self.longest_prompt, "prompt")
        error = tf.where(error == "", wrong, error)
        drawn = self.model.generate(
            seed,
            sampler,
            self.length,
            tokens,
            num_read,
            max_new_tokens=max_new_tokens,
        )
        return _answer(
            error,
            text=self.vocabulary.continued(prompt, drawn.tokens, num_read),
            log_prob=drawn.log_prob,
            num_tokens=drawn.num_tokens,
        )

    def generate_refined_by(self, refiner: refining.Refiner):
        """Builds the function that continues prompts by texts chosen among candidates."""
        length, log_scale = self.model.domain.length, refiner.log_scale()

        def generate_refined(inputs):
            prompt, seed = inputs["prompt"], inputs["seed"]
            tokens, num_read, error = self._read(prompt, length - 1, "prompt")
            if refiner.acceptance is not None:
                error = tf.where((error == "") & (num_read > 0), _BOUND_OF_NO_PROMPT, error)

            def draw(of_each, rows):
                start, known = tf.gather(tokens, rows), tf.gather(num_read, rows)
                drawn = self.model.generate(of_each, refining.ANCESTRAL, length, start, known)
                return tuple(drawn)

            def log_ratio(drawn):
                return refiner.log_ratio(drawn[:1])

            chosen = refiner.choose(draw, log_ratio, seed, log_scale)
            drawn = samplers.Generated(*chosen.drawn)
            return _answer(
                error,
                text=self.vocabulary.continued(prompt, drawn.tokens, num_read),
                log_prob=drawn.log_prob,
                num_tokens=drawn.num_tokens,
                num_candidates=chosen.candidates,
            )

        return generate_refined

    def score(self, inputs):
        """Computes the log-probability of texts, of their end token too if texts have one."""
        tokens, num_read, error = self._read(inputs["text"], self.longest_text, "text")
        # A column more than the longest text has: room for its end token.
        tokens = tf.pad(tokens, [[0, 0], [0, 1]], constant_values=self.vocabulary.end)
        tokens = tf.maximum(tokens, 0)  # an absent end token pads too, and is no input
        num_tokens = num_read + (1 if self.closed else 0)
        nats = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=tokens, logits=self.model.network(self.model.shift(tokens))
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
        """Computes the logits after each token; ids of no token are read as 0 (unknown)."""
        tokens = inputs["tokens"]
        known = tf.logical_and(tokens >= 0, tokens <= self.vocabulary.start)
        return {"logits": self.model.network(tf.where(known, tokens, 0))}

    def logits_padded(self, inputs):
        """Computes the logits after each of a row's first `num_tokens` tokens, and 0 after others.

        Rows of any length have one shape, so that a server may merge their requests, which it does
        before it looks at the graph. Tokens are read from the left: those that pad change nothing.
        """
        read = tf.sequence_mask(inputs["num_tokens"], self.length)
        tokens = tf.where(read, inputs["tokens"], 0)
        logits = self.logits({"tokens": tokens})["logits"]
        return {"logits": tf.where(read[:, :, None], logits, 0.0)}

    def log_density_ratio_by(self, estimator: RatioEstimator):
        """Builds the function from texts to the estimate of log P - log Q.

        Texts that are not closed by an end token are scored as prefixes of longer ones.
        """
        length = self.model.domain.length

        def log_density_ratio(inputs):
            tokens, num_read, error = self._read(inputs["text"], length, "text")
            short = length - tf.shape(tokens)[1]
            tokens = tf.pad(tokens, [[0, 0], [0, short]], constant_values=self.vocabulary.end)
            tokens = tf.maximum(tokens, 0)  # an absent end is no input
            logits = estimator.discriminator.prefix_logits(tokens)
            last = length if self.closed else num_read
            read = tf.range(length) == tf.reshape(last, [-1, 1]) - 1  # of nothing, nowhere
            ratios = tf.where(read, estimator.log_density_ratio(logits), 0.0)
            return _answer(error, log_density_ratio=tf.reduce_sum(ratios, axis=-1))

        return log_density_ratio

    def _read(self, texts, most, what):
        """Encodes texts.

        Returns:
            Tokens int32 [batch, at most `most`], padded with the end token; the number of tokens
            of each row, int32 [batch]; and an error for each row, strings [batch], "" where there
            is none. A row with an error has no tokens.
        """
        valid = texts == tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")
        tokens = self.vocabulary.encode(texts)
        count = tf.cast(tokens.row_lengths(), tf.int32)
        too_long = tf.strings.join(
            [
                f"The {what} has ",
                tf.strings.as_string(count),
                f" tokens; give one of at most {most}.",
            ]
        )
        error = tf.where(count <= most, "", too_long)
        absent = tf.reduce_any(tokens == ABSENT, axis=-1)
        error = tf.where(absent, f"The {what} has tokens that are not in the vocabulary.", error)
        error = tf.where(valid, error, f"The {what} is not UTF-8; encode it so.")
        tokens = tokens[:, :most].to_tensor(self.vocabulary.end)
        return tokens, tf.where(error == "", count, 0), error


def _wrong_options(inputs):
    """Checks the options of each row; returns an error for each, strings [batch], or ""."""
    temperature, top_p = inputs["temperature"], inputs["top_p"]
    refused = {
        "temperature should be 0 (the most likely token), or finite and at least 1e-6.": (
            ~samplers.is_temperature(temperature)
        ),
        "top_p should be above 0 and at most 1 (all tokens).": ~((top_p > 0) & (top_p <= 1)),
        "top_k should be at least 0 (all tokens).": inputs["top_k"] < 0,
        "max_new_tokens should be at least 1.": inputs["max_new_tokens"] < 1,
    }
    error = tf.fill(tf.shape(temperature), "")
    for sentence, wrong in refused.items():
        error = tf.where((error == "") & wrong, sentence, error)
    return error


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

    def options(self, longest):
        """For `generate_with_options`: rows that draw, one that does not, and wrong ones."""
        prompts = self.prompts(longest)
        rows = len(prompts["seed"])
        return prompts | {
            "temperature": np.array([0.8, 0.0, 1.0, np.nan, 1.0], np.float32)[:rows],
            "top_p": np.array([0.9, 1.0, 0.5, 1.0, 2.0], np.float32)[:rows],
            "top_k": np.array([20, 0, 1, 0, -1], np.int32)[:rows],
            "max_new_tokens": np.array([10, 1, 2**31 - 1, 0, 5], np.int32)[:rows],
        }

    def texts(self, longest):
        """For `score`: some tokens, none, an unknown one, no UTF-8, and too many."""
        some = self.separator.join(self.frequent[:longest])
        too_many = self.separator.join([self.frequent[0]] * (longest + 1))
        rows = [some.encode(), b"", "\N{SNOWMAN}".encode(), b"\xff", too_many.encode()]
        return {"text": np.array(rows, dtype=object)}

    def tokens(self):
        """For `logits`: the start token and others, some of which do not exist."""
        return {"tokens": np.array([[self.start, 0, 1], [self.start + 1, -1, 2]], np.int32)}

    def padded_tokens(self, length):
        """For `logits_padded`: some tokens, none, all, and counts that cannot be."""
        tokens = np.zeros([4, length], np.int32)
        tokens[:, 0] = self.start
        return {"tokens": tokens, "num_tokens": np.array([1, 0, length, -1], np.int32)}
