"""Beam search for the most probable sequences."""

import typing

import tensorflow as tf

from zoo.samplers.base.decode import StepwiseNetwork, never_drawn, pad_prompt
from zoo.tokenizers.vocabulary import Vocabulary


class Found(typing.NamedTuple):
    """Sequences that beam search found, the most probable first.

    Attributes:
        tokens: int32 [batch, width, length], filled up by the end token.
        log_prob: float32 [batch, width], the log-probability in nats of the tokens after the
            prompt, the end token included; -inf where there are fewer sequences than the beam is
            wide.
    """

    tokens: tf.Tensor
    log_prob: tf.Tensor


@tf.function
def beam_search(
    network: StepwiseNetwork,
    vocabulary: Vocabulary,
    starts: tf.Tensor,
    width: int,
    length: int,
    prompt: tf.Tensor | None = None,
    prompt_length: tf.Tensor | None = None,
) -> Found:
    """Keeps the `width` most probable prefixes at each time.

    The search is greedy at width 1, and exact where the beam holds all prefixes.

    Args:
        network: predicts the tokens.
        vocabulary: the tokens.
        starts: start tokens, int32 [batch].
        width: the number of prefixes that are kept, at least 1.
        length: the largest number of tokens of a sequence, the prompt included.
        prompt: the first tokens, int32 [batch, any], or None.
        prompt_length: int32 [batch], the number of tokens of each row of `prompt` to keep.

    Returns:
        A `Found`. The unknown token is in none.
    """
    batch, size = tf.shape(starts)[0], vocabulary.size
    forced, forced_length = pad_prompt(prompt, prompt_length, batch, length, vocabulary.end)
    never = never_drawn(vocabulary)
    # A sequence that has ended goes on by the end token alone, at no cost.
    after_end = tf.one_hot(vocabulary.end, size, on_value=0.0, off_value=-float("inf"))

    step = network.stepper()

    def body(t, token, state, log_prob, tokens):
        logits, state = step(tf.reshape(token, [-1]), state)
        nats = tf.nn.log_softmax(logits) + never
        ended = (token == vocabulary.end)[:, :, None]
        nats = tf.where(ended, after_end, tf.reshape(nats, [batch, width, size]))
        only = tf.one_hot(forced[:, t], size, on_value=0.0, off_value=-float("inf"))
        nats = tf.where((t < forced_length)[:, None, None], only[:, None], nats)
        every = tf.reshape(log_prob[:, :, None] + nats, [batch, width * size])
        log_prob, best = tf.math.top_k(every, width)
        parent, token = best // size, best % size
        rows = tf.reshape(tf.range(batch)[:, None] * width + parent, [-1])
        state = tf.nest.map_structure(
            lambda part: tf.ensure_shape(tf.gather(part, rows), part.shape), state
        )
        tokens = tf.gather(tokens, parent, batch_dims=1)
        return (
            t + 1,
            token,
            state,
            log_prob,
            tf.where(tf.range(length) == t, token[..., None], tokens),
        )

    one = tf.one_hot(tf.zeros([batch], tf.int32), width, on_value=0.0, off_value=-float("inf"))
    start = (
        tf.constant(0),
        tf.repeat(starts[:, None], width, axis=1),
        network.initial_state(batch * width),
        one,  # the same prefix `width` times is one prefix
        tf.fill([batch, width, length], vocabulary.end),
    )
    *_, log_prob, tokens = tf.while_loop(lambda t, *_: t < length, body, start)
    return Found(tokens, log_prob)
