"""The decode loop: draws sequences from any autoregressive network in one graph."""

import typing
from collections.abc import Callable

import tensorflow as tf

from zoo import randomness
from zoo.samplers.base.draw import draw
from zoo.tokenizers.vocabulary import Vocabulary


class StepwiseNetwork(typing.Protocol):
    """A network that predicts token after token, see `zoo.models.base.network`."""

    def initial_state(self, batch_size: int | tf.Tensor):
        """The state before the first token, a nest of tensors [batch_size, ...]."""

    def stepper(self) -> Callable:
        """A function of a token, int32 [batch], and a state to the next logits and state."""


class Generated(typing.NamedTuple):
    """Sequences that were drawn.

    Attributes:
        tokens: int32 [batch, length]: the prompt, the drawn tokens, and end tokens after them.
        log_prob: float32 [batch], the log-probability in nats of the drawn tokens, the end token
            included, under the network's own distribution, whatever the sampler.
        num_tokens: int32 [batch], the number of drawn tokens.
    """

    tokens: tf.Tensor
    log_prob: tf.Tensor
    num_tokens: tf.Tensor


def decode(
    network: StepwiseNetwork,
    vocabulary: Vocabulary,
    seeds: tf.Tensor,
    starts: tf.Tensor,
    sampler: Callable,
    length: int,
    prompt: tf.Tensor | None = None,
    prompt_length: tf.Tensor | None = None,
    max_new_tokens: tf.Tensor | None = None,
    jit_compile: bool = False,
) -> Generated:
    """Draws one sequence for each seed, independent of the other seeds.

    Args:
        network: predicts the tokens.
        vocabulary: the tokens.
        seeds: int64 [batch].
        starts: start tokens, int32 [batch].
        sampler: a function from logits [batch, size] to the logits to draw from.
        length: the largest number of tokens of a sequence, the prompt included.
        prompt: the first tokens, int32 [batch, any], or None.
        prompt_length: int32 [batch], the number of tokens of each row of `prompt` to keep.
        max_new_tokens: int32 [batch], the largest number of tokens drawn after the prompt; None:
            up to `length`.
        jit_compile: whether XLA compiles the loop. The same uniform numbers are drawn; a token
            is another one where its number lies within rounding of a boundary.

    Returns:
        A `Generated`. The unknown token is never drawn.
    """
    drawn = _compiled if jit_compile else _interpreted
    limits = length, prompt, prompt_length, max_new_tokens
    return drawn(network, vocabulary, seeds, starts, sampler, *limits)


def _decode(
    network, vocabulary, seeds, starts, sampler, length, prompt, prompt_length, max_new_tokens
):
    """See `decode`."""
    batch = tf.shape(seeds)[0]
    forced, forced_length = pad_prompt(prompt, prompt_length, batch, length, vocabulary.end)
    limit = tf.fill([batch], length)
    if max_new_tokens is not None:
        limit = forced_length + tf.minimum(limit - forced_length, max_new_tokens)  # no overflow
    # Time comes first in what is looked up at each time.
    noise = tf.transpose(randomness.rows(randomness.uniform, seeds, "sample", [length]))
    forced, is_forced = tf.transpose(forced), tf.range(length)[:, None] < forced_length
    never, step = never_drawn(vocabulary), network.stepper()

    def body(t, token, state, done, tokens, log_prob, num_tokens):
        done = tf.logical_or(done, t >= limit)
        logits, state = step(tf.maximum(token, 0), state)  # an absent end token is no input
        drawn = draw(sampler(logits + never), noise[t])
        token = tf.where(done, vocabulary.end, tf.where(is_forced[t], forced[t], drawn))
        counts = tf.logical_not(tf.logical_or(done, is_forced[t]))
        labels = tf.where(counts, token, 0)  # an absent end token's id is no label
        nats = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        tokens = tokens.write(t, token)
        done = tf.logical_or(done, token == vocabulary.end)
        log_prob -= tf.where(counts, nats, 0.0)
        num_tokens += tf.cast(counts, tf.int32)
        return t + 1, token, state, done, tokens, log_prob, num_tokens

    start = (
        tf.constant(0),
        starts,
        network.initial_state(batch),
        tf.zeros([batch], tf.bool),
        tf.TensorArray(tf.int32, length).unstack(tf.fill([length, batch], vocabulary.end)),
        tf.zeros([batch]),
        tf.zeros([batch], tf.int32),
    )
    _, _, _, _, tokens, log_prob, num_tokens = tf.while_loop(
        lambda t, token, state, done, *_: t < length and not tf.reduce_all(done), body, start
    )
    return Generated(tf.transpose(tokens.stack()), log_prob, num_tokens)


_interpreted = tf.function(_decode)
_compiled = tf.function(_decode, jit_compile=True)


def never_drawn(vocabulary: Vocabulary):
    """Additive logit mask of the unknown token, which is never drawn: float32 [size], 0 or -inf.

    Where unknown or end are absent, no id equals them: nothing is excluded, nothing ends.
    """
    return tf.one_hot(vocabulary.unknown, vocabulary.size, on_value=-float("inf"), off_value=0.0)


def pad_prompt(
    prompt: tf.Tensor | None,
    prompt_length: tf.Tensor | None,
    batch: int | tf.Tensor,
    length: int | tf.Tensor,
    end: int,
):
    """Cuts and fills up a prompt to [batch, length]; returns it with its lengths."""
    if prompt is None:
        return tf.fill([batch, length], end), tf.zeros([batch], tf.int32)
    prompt = prompt[:, :length]
    filled = tf.pad(prompt, [[0, 0], [0, length - tf.shape(prompt)[1]]])
    return filled, prompt_length
