"""Beam search: the most probable sequences, as far as a search of limited width finds them."""

import typing

import tensorflow as tf

from zoo.samplers.base.decode import never_drawn, pad_prompt


class Found(typing.NamedTuple):
    """What was found, the most probable first.

    Attributes:
        tokens: int32 [batch, width, length], filled up by the end symbol.
        log_prob: float32 [batch, width], the nats that the model gives to what follows the prompt,
            the end symbol included; -inf where there are fewer sequences than the beam is wide.
    """

    tokens: tf.Tensor
    log_prob: tf.Tensor


@tf.function
def beam_search(model, starts, width: int, length: int, prompt=None, prompt_length=None) -> Found:
    """Keeps the `width` most probable beginnings at each time.

    The search is greedy at width 1, and exact where the beam holds all beginnings.

    Args:
        model: has `initial_state(batch)`, `stepper()` and `sequence.vocabulary`.
        starts: int32 [batch], the symbols that stand before the first ones.
        width: how many beginnings are kept, at least 1.
        length: the longest that a sequence may get, the prompt included.
        prompt: int32 [batch, any], the symbols to begin with, or None.
        prompt_length: int32 [batch], how many of each row of `prompt` count.

    Returns:
        A `Found`. The unknown symbol is in none.
    """
    vocabulary = model.sequence.vocabulary
    batch, size = tf.shape(starts)[0], vocabulary.size
    forced, forced_length = pad_prompt(prompt, prompt_length, batch, length, vocabulary.end)
    never = never_drawn(vocabulary)
    # What has ended goes on by the end symbol alone, which costs nothing.
    after_end = tf.one_hot(vocabulary.end, size, on_value=0.0, off_value=-float("inf"))

    step = model.stepper()

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
        model.initial_state(batch * width),
        one,  # the same beginning `width` times is one beginning
        tf.fill([batch, width, length], vocabulary.end),
    )
    *_, log_prob, tokens = tf.while_loop(lambda t, *_: t < length, body, start)
    return Found(tokens, log_prob)
