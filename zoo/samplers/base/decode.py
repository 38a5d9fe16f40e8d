"""The decode loop: draws sequences from any autoregressive model in one graph."""

import typing

import tensorflow as tf

from zoo import randomness
from zoo.samplers.base.draw import draw


class Generated(typing.NamedTuple):
    """What was drawn.

    Attributes:
        tokens: int32 [batch, length]: the prompt, what was drawn, and end symbols after it.
        log_prob: float32 [batch], the nats that the model itself (whatever the sampler made of
            its logits) gives to what was drawn after the prompt, the end symbol included.
        num_tokens: int32 [batch], how many symbols `log_prob` covers.
    """

    tokens: tf.Tensor
    log_prob: tf.Tensor
    num_tokens: tf.Tensor


def decode(
    model,
    seeds,
    starts,
    sampler,
    length: int,
    prompt=None,
    prompt_length=None,
    max_new_tokens=None,
    jit_compile: bool = False,
) -> Generated:
    """Draws one sequence a row, each from its own seed whatever rows stand beside it.

    Args:
        model: has `initial_state(batch)`, `stepper()` and `sequence.vocabulary`.
        seeds: int64 [batch].
        starts: int32 [batch], the symbols that stand before the first ones.
        sampler: a function from logits [batch, size] to the logits to draw from.
        length: the longest a sequence may get, the prompt included.
        prompt: int32 [batch, any], the symbols to begin with, or None.
        prompt_length: int32 [batch], how many of each row of `prompt` count.
        max_new_tokens: int32 [batch], how many symbols are drawn at most after the prompt; None:
            up to `length`.
        jit_compile: whether XLA compiles the loop. The same uniform numbers are drawn; a token
            is another one where its number lies within rounding of a boundary.

    Returns:
        A `Generated`. The unknown symbol is never drawn.
    """
    drawn = _compiled if jit_compile else _interpreted
    return drawn(model, seeds, starts, sampler, length, prompt, prompt_length, max_new_tokens)


def _decode(model, seeds, starts, sampler, length, prompt, prompt_length, max_new_tokens):
    """See `decode`."""
    vocabulary = model.sequence.vocabulary
    batch = tf.shape(seeds)[0]
    forced, forced_length = pad_prompt(prompt, prompt_length, batch, length, vocabulary.end)
    limit = tf.fill([batch], length)
    if max_new_tokens is not None:
        limit = forced_length + tf.minimum(limit - forced_length, max_new_tokens)  # no overflow
    # Time comes first in what is looked up at each time.
    noise = tf.transpose(randomness.rows(randomness.uniform, seeds, "sample", [length]))
    forced, is_forced = tf.transpose(forced), tf.range(length)[:, None] < forced_length
    never, step = never_drawn(vocabulary), model.stepper()

    def body(t, token, state, done, tokens, log_prob, num_tokens):
        done = tf.logical_or(done, t >= limit)
        logits, state = step(token, state)
        drawn = draw(sampler(logits + never), noise[t])
        token = tf.where(done, vocabulary.end, tf.where(is_forced[t], forced[t], drawn))
        counts = tf.logical_not(tf.logical_or(done, is_forced[t]))
        labels = tf.where(counts, token, 0)  # where there is no end symbol, its id is no label
        nats = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        tokens = tokens.write(t, token)
        done = tf.logical_or(done, token == vocabulary.end)
        log_prob -= tf.where(counts, nats, 0.0)
        num_tokens += tf.cast(counts, tf.int32)
        return t + 1, token, state, done, tokens, log_prob, num_tokens

    start = (
        tf.constant(0),
        starts,
        model.initial_state(batch),
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


def never_drawn(vocabulary):
    """What is added to logits so that the unknown symbol is not drawn, float32 [size]: 0 or -inf.

    Where unknown or end are absent, no id equals them: nothing is excluded, nothing ends.
    """
    return tf.one_hot(vocabulary.unknown, vocabulary.size, on_value=-float("inf"), off_value=0.0)


def pad_prompt(prompt, prompt_length, batch, length, end):
    """The prompt cut and filled up to [batch, length], and its lengths."""
    if prompt is None:
        return tf.fill([batch, length], end), tf.zeros([batch], tf.int32)
    prompt = prompt[:, :length]
    filled = tf.pad(prompt, [[0, 0], [0, length - tf.shape(prompt)[1]]])
    return filled, prompt_length
