"""Sequence models: an autoregressive network, and the examples that its tokens stand for."""

import abc
import math
from collections.abc import Callable

import keras
import tensorflow as tf

from zoo import domains, randomness, replicas, samplers
from zoo.batch import Batch
from zoo.domains import patches
from zoo.errors import require
from zoo.models.base.capabilities import Generator, Likelihood
from zoo.models.base.network import AutoregressiveNetwork, TokenSpace
from zoo.tokenizers.vocabulary import up_to_end


def build(
    domain: domains.Text | domains.Image,
    network: Callable[[TokenSpace], AutoregressiveNetwork],
    patch: list[int] | None = None,
) -> "SequenceModel":
    """The model of texts, or of images as sequences of patches.

    Args:
        domain: the domain.
        network: makes the network for its tokens.
        patch: the (height, width) of an image's patches, see `zoo.domains.patches`; None for texts.

    Raises:
        SpecError: a patch for texts, or one that does not fit.
    """
    if isinstance(domain, domains.Text):
        require(patch is None, f"patch={patch} is for images; the data are {domain}.")
        return TextModel(domain, network)
    return PatchModel(domain, patch, network)


class SequenceModel(keras.Model, Generator, Likelihood):
    """Distribution of sequences of tokens, log Q(x) = Σ_t log Q(x_t | x_{<t}).

    A condition is read first: each class has a start token of its own.

    Args:
        domain: the domain.
        sequence: the domain as texts of tokens.
        network: the network that predicts each token from those before it.

    Attributes:
        domain: see above.
        sequence: see above; the same as `domain` for texts.
        network: see above.
        num_starts: the number of start tokens, from `sequence.vocabulary.start` up.
    """

    default_estimator = "reinforce()"

    def __init__(
        self,
        domain: domains.Text | domains.Image,
        sequence: domains.Text,
        network: AutoregressiveNetwork,
    ):
        super().__init__(name=network.name)
        self.domain, self.sequence, self.network = domain, sequence, network
        self.num_starts = network.tokens.num_starts
        self.built = True

    @abc.abstractmethod
    def to_tokens(self, examples: tf.Tensor):
        """Reads examples as tokens, int32 [batch, time]."""

    @abc.abstractmethod
    def to_examples(self, tokens: tf.Tensor):
        """Writes tokens, int32 [batch, time], as examples."""

    @abc.abstractmethod
    def num_units(self, token_mask: tf.Tensor):
        """Units of the negative log-likelihood in a batch, float32 []: tokens of texts, or images.

        Args:
            token_mask: float32 [batch, time], see `token_mask`.
        """

    def networks(self) -> dict[str, keras.Model]:
        """The networks of the model by their roles."""
        return {"generator": self}

    def read(self, examples: tf.Tensor, labels: tf.Tensor | None = None) -> tuple:
        """Inputs and targets of the network.

        Args:
            examples: tokens int32 [batch, time], or images.
            labels: the classes of images, int32 [batch], where the data come with them.

        Returns:
            Inputs int32 [batch, time], the start token and all tokens but the last; targets int32
            [batch, time], the tokens; and their `token_mask`, float32 [batch, time].
        """
        tokens = self.to_tokens(examples)
        return self.shift(tokens, labels), tokens, self.token_mask(tokens)

    def shift(self, tokens: tf.Tensor, labels: tf.Tensor | None = None):
        """Inputs from which the network predicts `tokens`: the start token, then all but the last.

        Args:
            tokens: int32 [batch, time].
            labels: the classes, int32 [batch], of a model that is conditioned on them.

        Returns:
            int32 [batch, time].
        """
        start = self.starts(tf.shape(tokens)[0], labels)
        return tf.concat([start[:, None], tokens[:, :-1]], axis=-1)

    def starts(self, batch_size: int | tf.Tensor, labels: tf.Tensor | None = None):
        """The start tokens, int32 [batch_size], of these classes, int32 [batch_size] or None.

        Raises:
            SpecError: labels are missing.
        """
        require(
            labels is not None or self.num_starts == 1,
            f"The model is conditioned on {self.num_starts} classes; it got no labels.",
        )
        start = tf.fill([batch_size], self.sequence.vocabulary.start)
        return start if labels is None else start + tf.cast(labels, tf.int32)

    def token_mask(self, tokens: tf.Tensor):
        """Mask of the tokens up to the first end token, itself included: 1, and 0 after; float32.

        Args:
            tokens: int32 [batch, time].
        """
        return tf.cast(up_to_end(tokens, self.sequence.vocabulary.end), tf.float32)

    def log_prob(
        self, values: tf.Tensor, labels: tf.Tensor | None = None, sampler: Callable | None = None
    ):
        """Log-probability log Q(x) in nats, or log Q(x|label) where there are labels.

        Args:
            values: see `read`. Texts are closed and filled up by the end token; one without it
                is scored as the prefix of a longer text.
            labels: see `read`.
            sampler: a function from logits [any, vocabulary size] to logits; Q is then exactly
                the distribution that `generate` draws from with it: the unknown token is excluded
                first. None: the network's own distribution, the unknown token included.

        Returns:
            float32 [batch]; -inf for examples that `generate` cannot draw with the sampler.
        """
        return tf.reduce_sum(self.token_log_probs(values, labels, sampler), axis=-1)

    def token_log_probs(
        self,
        values: tf.Tensor,
        labels: tf.Tensor | None = None,
        sampler: Callable | None = None,
        key: tf.Tensor | None = None,
    ):
        """Log-probabilities log Q(x_t | x_{<t}) of the tokens of examples, in nats.

        Args:
            values: see `log_prob`.
            labels: see `log_prob`.
            sampler: see `log_prob`.
            key: a stateless random key, int64 [2], for dropout; None: no dropout.

        Returns:
            float32 [batch, time]; 0 after the end token.
        """
        inputs, targets, mask = self.read(values, labels)
        logits = self.network(inputs, key=key)
        if sampler is not None:
            logits = self._sampled_from(logits, sampler)
        cross_entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=targets, logits=logits
        )
        # Not a product: a masked token may be excluded too, and 0 times infinity is no 0.
        return tf.where(mask > 0, -cross_entropy, 0.0)

    def _sampled_from(self, logits, sampler):
        """Logits [batch, time, size] that `generate` draws from, in the order of `decode`."""
        vocabulary = self.sequence.vocabulary
        drawable = tf.reshape(logits + samplers.never_drawn(vocabulary), [-1, vocabulary.size])
        return tf.reshape(sampler(drawable), tf.shape(logits))

    def generate(
        self,
        seeds: tf.Tensor,
        sampler: Callable,
        length: int | None = None,
        prompt: tf.Tensor | None = None,
        prompt_length: tf.Tensor | None = None,
        labels: tf.Tensor | None = None,
        max_new_tokens: tf.Tensor | None = None,
        jit_compile: bool = False,
    ) -> samplers.Generated:
        """Draws sequences of tokens; see `zoo.samplers.decode`.

        Args:
            seeds: int64 [batch].
            sampler: a function from logits [batch, vocabulary size] to the logits to draw from.
            length: the largest number of tokens; None: as in training.
            prompt: the first tokens, int32 [batch, any], or None.
            prompt_length: int32 [batch], the number of tokens of each row of `prompt` to keep.
            labels: the classes, int32 [batch]; None: each class in turn, from seed to seed.
            max_new_tokens: int32 [batch], the largest number of tokens drawn after the prompt.
            jit_compile: whether XLA compiles the loop; an exported graph may not hold it.

        Returns:
            A `zoo.samplers.Generated`; `to_examples` writes its tokens as examples.
        """
        if labels is None:
            labels = self._in_turn(seeds)
        return samplers.decode(
            self.network,
            self.sequence.vocabulary,
            seeds,
            self.starts(tf.shape(seeds)[0], labels),
            sampler,
            self.sequence.length if length is None else length,
            prompt,
            prompt_length,
            max_new_tokens,
            jit_compile,
        )

    def examples(self, seeds: tf.Tensor) -> Batch:
        """See `Generator.examples`; no gradient flows through them."""
        labels = self._in_turn(seeds)
        compiled = self.network.jit_compile_sampling
        drawn = self.generate(seeds, _unchanged, labels=labels, jit_compile=compiled)
        return Batch(self.to_examples(drawn.tokens), labels if self.domain.num_classes else None)

    def sample(self, key: tf.Tensor, count: int) -> Batch:
        """See `Generator.sample`; no gradient flows through them."""
        return self.examples(_seeds(key, count))

    def completions(self, texts: tf.Tensor, known: tf.Tensor, key: tf.Tensor):
        """Draws texts from Q given their prefixes.

        Args:
            texts: int32 [batch, length].
            known: int32 [batch], the number of tokens of each text to keep; a text that ends
                within them is kept as it is.
            key: a stateless random key, int64 [2].

        Returns:
            int32 [batch, length]; no gradient flows through them.
        """
        seeds = _seeds(key, tf.shape(texts)[0])
        compiled = self.network.jit_compile_sampling
        return self.generate(seeds, _unchanged, None, texts, known, jit_compile=compiled).tokens

    def drawing_logits(self, texts: tf.Tensor):
        """Logits from which `sample` draws each token of a text, given those before it.

        Args:
            texts: int32 [batch, time].

        Returns:
            float32 [batch, time, vocabulary size], differentiable in the weights; -inf for the
            unknown token, which is never drawn.
        """
        return self.network(self.shift(texts)) + samplers.never_drawn(self.sequence.vocabulary)

    def _in_turn(self, seeds):
        """Classes int32 [batch]: each in turn, from seed to seed."""
        return tf.cast(seeds % self.num_starts, tf.int32)


class TextModel(SequenceModel):
    """A language model: the tokens are those of the texts.

    Args:
        domain: the domain.
        network: makes the network for its tokens.
    """

    def __init__(
        self, domain: domains.Text, network: Callable[[TokenSpace], AutoregressiveNetwork]
    ):
        tokens = TokenSpace(domain.vocabulary.size, max(1, domain.num_classes), domain.length)
        super().__init__(domain, domain, network(tokens))

    def to_tokens(self, examples: tf.Tensor):
        """See `SequenceModel.to_tokens`: texts are tokens."""
        return examples

    def to_examples(self, tokens: tf.Tensor):
        """See `SequenceModel.to_examples`: tokens are texts."""
        return tokens

    def num_units(self, token_mask: tf.Tensor):
        """See `SequenceModel.num_units`: the number of tokens."""
        return tf.reduce_sum(token_mask)


class PatchModel(SequenceModel):
    """A model of images as sequences of patches, each of which is a token.

    Args:
        domain: the domain.
        patch: the (height, width) of a patch, see `zoo.domains.patches`.
        network: makes the network for its tokens.

    Raises:
        SpecError: a patch that does not fit.
    """

    def __init__(
        self,
        domain: domains.Image,
        patch: list[int] | None,
        network: Callable[[TokenSpace], AutoregressiveNetwork],
    ):
        sequence, patch = patches.sequence(domain, patch)
        grid = domain.shape[0] // patch[0], domain.shape[1] // patch[1]
        starts = max(1, domain.num_classes)
        tokens = TokenSpace(sequence.vocabulary.size, starts, math.prod(grid), grid)
        super().__init__(domain, sequence, network(tokens))
        self._patch = patch

    def to_tokens(self, examples: tf.Tensor):
        """See `SequenceModel.to_tokens`."""
        return patches.to_tokens(examples, self.domain, self._patch)

    def to_examples(self, tokens: tf.Tensor):
        """See `SequenceModel.to_examples`."""
        return patches.to_images(tokens, self.domain, self._patch)

    def num_units(self, token_mask: tf.Tensor):
        """See `SequenceModel.num_units`: the number of images."""
        return tf.cast(tf.shape(token_mask)[0], tf.float32)

    def complete(
        self,
        images: tf.Tensor,
        known_rows: tf.Tensor,
        seeds: tf.Tensor,
        sampler: Callable,
        labels: tf.Tensor | None = None,
        jit_compile: bool = False,
    ):
        """Draws the lower rows of images given the upper ones.

        Args:
            images: float32 [batch, height, width, 1] in [0, 1].
            known_rows: int32 [batch], the number of rows to keep, rounded down to whole patches.
            seeds: int64 [batch].
            sampler: see `generate`.
            labels: see `generate`.
            jit_compile: see `generate`.

        Returns:
            Images of the same shape.
        """
        _, columns = self.network.tokens.grid
        tokens, known = self.to_tokens(images), known_rows // self._patch[0] * columns
        drawn = self.generate(seeds, sampler, None, tokens, known, labels, jit_compile=jit_compile)
        return self.to_examples(drawn.tokens)


def _seeds(key, count):
    """A seed for each of this replica's rows, int64 [count]."""
    return replicas.own_rows(lambda rows: randomness.seeds(key, rows), count)


def _unchanged(logits):
    """The sampler of Q itself: one function, since the decode loop is traced for each."""
    return logits
