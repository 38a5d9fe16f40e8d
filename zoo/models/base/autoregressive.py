"""What every autoregressive model offers: a likelihood, and samples from it."""

import keras
import tensorflow as tf

from zoo import domains, randomness, samplers
from zoo.batch import Batch
from zoo.domains import patches
from zoo.errors import require
from zoo.models.layers.sizes import size
from zoo.tokenizers.vocabulary import up_to_end


class Autoregressive(keras.Model):
    """log Q(x) = Σ_t log Q(x_t | x_{<t}), by a network that reads x_{<t} step by step.

    Images are read as sequences of patches. A condition is what is read first: each class has a
    start symbol of its own.

    A subclass defines `initial_state` and `step`, `dropout_masks` if it has any, and `run` where
    it has a faster way.

    Args:
        example: what it models.
        patch: the (height, width) of an image's patches, see `zoo.domains.patches`; None for texts.

    Attributes:
        example: what it models.
        sequence: the `zoo.domains.Text` that examples are read as: of texts the same.
        num_starts: how many start symbols there are, from `sequence.vocabulary.start` up.

    Raises:
        SpecError: a patch for texts, or one that does not fit.
    """

    # Whether sampling is compiled by XLA where nothing else is asked: where one batch repays it.
    JIT_COMPILE = False
    ESTIMATOR = "reinforce()"  # what carries an adversarial gradient where nothing else is asked

    def __init__(
        self,
        example: domains.Text | domains.Image,
        patch: list[int] | None = None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.example, self.sequence = example, example
        self.num_starts = max(1, example.num_classes)
        if example.kind == "image":
            self.sequence, self._patch = patches.sequence(example, patch)
        else:
            require(patch is None, f"patch={patch} is for images; the data are {example}.")

    def networks(self) -> dict[str, keras.Model]:
        """The networks that the model consists of, by their roles."""
        return {"generator": self}

    def initial_state(self, batch_size):
        """The state before the first symbol, a nest of tensors [batch_size, ...]."""
        raise NotImplementedError

    def step(self, token, state, masks=()):
        """Reads one symbol and predicts the next.

        Args:
            token: int32 [batch], the start symbol allowed.
            state: what `initial_state` or an earlier step returned.
            masks: the `dropout_masks` of this time; empty: no dropout.

        Returns:
            Logits float32 [batch, vocabulary size], and the state after the symbol.
        """
        raise NotImplementedError

    def stepper(self):
        """`step` for a loop: what is the same at all times is computed once, by this call."""
        return self.step

    def dropout_masks(self, length, batch_size, key):
        """What training multiplies activations by.

        Args:
            length: how many symbols will be read.
            batch_size: of how many texts.
            key: a stateless random key, int64 [2]; None: no dropout.

        Returns:
            A list of tensors [length, batch, ...]; empty without dropout.
        """
        del length, batch_size, key
        return []

    def run(self, inputs, state, key=None, replace=None):
        """Reads symbols and predicts the next one after each.

        Args:
            inputs: int32 [batch, time], the start symbol allowed.
            state: what `initial_state` or an earlier `run` returned.
            key: a stateless random key, int64 [2], for dropout; None: no dropout.
            replace: gives what is read, int32 [batch], from the time t, int32 [], inputs[:, t],
                and the logits that predicted them, float32 [batch, vocabulary size] (at time 0
                of no meaning); or the same of all times at once, with slice(None) as t. No gradient
                flows through it. None: `inputs` are read.

        Returns:
            Logits float32 [batch, time, vocabulary size], and the state after the last symbol.
        """
        batch_size, length = size(inputs, 0), size(inputs, 1)
        masks = self.dropout_masks(length, batch_size, key)

        def body(t, logits, state, every):
            token = inputs[:, t]
            if replace is not None:
                token = replace(t, token, tf.stop_gradient(logits))
            logits, state = self.step(token, state, [mask[t] for mask in masks])
            return t + 1, logits, state, every.write(t, logits)

        none = tf.zeros([batch_size, self.sequence.vocabulary.size])
        start = tf.constant(0), none, state, tf.TensorArray(tf.float32, length)
        # XLA differentiates a loop whose number of iterations is told.
        _, _, state, every = tf.while_loop(
            lambda t, *_: t < length, body, start, maximum_iterations=length
        )
        return tf.transpose(every.stack(), [1, 0, 2]), state

    def call(self, inputs, key=None, replace=None, passes=None):
        """The logits of `run` from the initial state, float32 [batch, time, vocabulary size].

        Args:
            inputs: see `run`.
            key: see `run`.
            replace: see `run`.
            passes: for models that compute all times at once: see `Parallel`.
        """
        del passes
        return self.run(inputs, self.initial_state(size(inputs, 0)), key, replace)[0]

    def read(self, examples, labels=None):
        """What the model reads and what it should predict.

        Args:
            examples: tokens int32 [batch, time], or images.
            labels: the classes of images, int32 [batch], where the data come with them.

        Returns:
            Inputs int32 [batch, time], the start symbol and all but the last of the symbols;
            targets int32 [batch, time], the symbols; and weights float32 [batch, time], see
            `weights_of`.
        """
        tokens = self.to_tokens(examples)
        return self.shift(tokens, labels), tokens, self.weights_of(tokens)

    def to_tokens(self, examples):
        """Texts as they are, images as symbols int32 [batch, time]."""
        if self.example.kind == "text":
            return examples
        return patches.to_tokens(examples, self.example, self._patch)

    def to_examples(self, tokens):
        """Symbols int32 [batch, time] as they are, or as the images that they are of."""
        if self.example.kind == "text":
            return tokens
        return patches.to_images(tokens, self.example, self._patch)

    def shift(self, tokens, labels=None):
        """What the model reads when it predicts `tokens`: the start symbol, then all but the last.

        Args:
            tokens: int32 [batch, time].
            labels: the classes, int32 [batch], of a model that is conditioned on them.

        Returns:
            int32 [batch, time].
        """
        start = self.starts(tf.shape(tokens)[0], labels)
        return tf.concat([start[:, None], tokens[:, :-1]], axis=-1)

    def starts(self, batch_size, labels=None):
        """The start symbols, int32 [batch_size], of these classes, int32 [batch_size] or None."""
        start = tf.fill([batch_size], self.sequence.vocabulary.start)
        return start if labels is None else start + tf.cast(labels, tf.int32)

    def weights_of(self, tokens):
        """1 for each symbol that counts (the first end symbol included) and 0 after, float32."""
        return tf.cast(up_to_end(tokens, self.sequence.vocabulary.end), tf.float32)

    def num_units(self, weights):
        """Of what a negative log-likelihood is the mean: of symbols in texts, else of images."""
        if self.example.kind == "text":
            return tf.reduce_sum(weights)
        return tf.cast(tf.shape(weights)[0], tf.float32)

    def log_prob(self, examples, labels=None, sampler=None):
        """The log-probability log Q(x) in nats, or log Q(x|label) where there are labels.

        Args:
            examples: see `read`. Texts are closed and filled up by the end token; one without it
                is scored as the prefix of a longer text.
            labels: see `read`.
            sampler: a function from logits [any, vocabulary size] to logits; Q is then exactly
                what `generate` draws from with it: the unknown token is excluded first. None: the
                network's own distribution, the unknown token included.

        Returns:
            float32 [batch]; -inf for what `generate` cannot draw with the sampler.
        """
        inputs, targets, weights = self.read(examples, labels)
        logits = self(inputs)
        if sampler is not None:
            logits = self._changed(logits, sampler)
        cross_entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=targets, logits=logits
        )
        # Not a product: what does not count may be excluded too, and 0 times infinity is no 0.
        return -tf.reduce_sum(tf.where(weights > 0, cross_entropy, 0.0), axis=-1)

    def _changed(self, logits, sampler):
        """What `generate` draws from: logits [batch, time, size], in the order of `decode`."""
        vocabulary = self.sequence.vocabulary
        drawable = tf.reshape(logits + samplers.never_drawn(vocabulary), [-1, vocabulary.size])
        return tf.reshape(sampler(drawable), tf.shape(logits))

    def generate(
        self,
        seeds,
        sampler,
        length=None,
        prompt=None,
        prompt_length=None,
        labels=None,
        max_new_tokens=None,
        jit_compile: bool = False,
    ) -> samplers.Generated:
        """Draws sequences of symbols; see `zoo.samplers.decode`.

        Args:
            seeds: int64 [batch].
            sampler: what is done to the logits.
            length: the most symbols; None: as in training.
            prompt: int32 [batch, any], the symbols to begin with, or None.
            prompt_length: int32 [batch], how many of each row of `prompt` count.
            labels: the classes, int32 [batch]; None: each class in turn, from seed to seed.
            max_new_tokens: int32 [batch], how many symbols are drawn at most after the prompt.
            jit_compile: whether XLA compiles the loop; an exported graph may not hold it.

        Returns:
            A `zoo.samplers.Generated`; `to_examples` makes images of its tokens.
        """
        length = self.sequence.length if length is None else length
        if labels is None:
            labels = tf.cast(seeds % self.num_starts, tf.int32)
        starts = self.starts(tf.shape(seeds)[0], labels)
        return samplers.decode(
            self,
            seeds,
            starts,
            sampler,
            length,
            prompt,
            prompt_length,
            max_new_tokens,
            jit_compile,
        )

    def examples(self, seeds):
        """Draws a `Batch` from Q, an example for each seed, int64 [batch]."""
        labels = tf.cast(seeds % self.num_starts, tf.int32)
        drawn = self.generate(seeds, _unchanged, labels=labels, jit_compile=self.JIT_COMPILE)
        return Batch(self.to_examples(drawn.tokens), labels if self.example.num_classes else None)

    def sample(self, key, count: int):
        """Draws a `Batch` of `count` examples from Q by one key, int64 [2], without gradients."""
        return self.examples(randomness.seeds(key, count))

    def completions(self, texts, known, key):
        """Texts drawn from Q given their beginnings.

        Args:
            texts: int32 [batch, length].
            known: int32 [batch], how many symbols of each to keep; one that ends with these is
                kept as it is.
            key: int64 [2], of all draws.

        Returns:
            int32 [batch, length]; no gradient flows through them.
        """
        seeds = randomness.seeds(key, tf.shape(texts)[0])
        return self.generate(
            seeds, _unchanged, None, texts, known, jit_compile=self.JIT_COMPILE
        ).tokens

    def drawing_logits(self, texts):
        """The logits from which `sample` draws each symbol of a text, given those before it.

        Args:
            texts: int32 [batch, time].

        Returns:
            float32 [batch, time, vocabulary size], differentiable in the weights; -inf for the
            unknown symbol, which is never drawn.
        """
        return self(self.shift(texts)) + samplers.never_drawn(self.sequence.vocabulary)

    def complete(self, images, known_rows, seeds, sampler, labels=None, jit_compile=False):
        """Draws what is below the upper rows of images.

        Args:
            images: float32 [batch, height, width, 1] in [0, 1].
            known_rows: int32 [batch], how many rows to keep, rounded down to whole patches.
            seeds: int64 [batch].
            sampler: what is done to the logits.
            labels: see `generate`.
            jit_compile: see `generate`.

        Returns:
            Images of the same shape.

        Raises:
            SpecError: a model of texts.
        """
        require(self.example.kind == "image", f"There are no rows in {self.example}.")
        tokens = self.to_tokens(images)
        known = known_rows // self._patch[0] * (self.example.shape[1] // self._patch[1])
        drawn = self.generate(seeds, sampler, None, tokens, known, labels, jit_compile=jit_compile)
        return self.to_examples(drawn.tokens)


def _unchanged(logits):
    """The sampler of Q itself: one function, since the decode loop is traced for each."""
    return logits
