"""Nucleus sampling, from the most likely tokens that hold a share of the probability.

Source: A. Holtzman et al. (2020), arXiv 1904.09751.
"""

from collections.abc import Callable

import tensorflow as tf

from zoo.errors import require
from zoo.samplers.base import temperature_limits


def build(*, p: float, temperature: float = 1.0) -> Callable:
    """Nucleus sampling: draws from softmax(logits / temperature) over its nucleus.

    Args:
        p: the least probability that the nucleus holds, in (0, 1]: it is the smallest set of the
            most likely tokens that does, with all that are equal to the last of them.
        temperature: 0 for the most likely token, else at least 1e-6: below 1 sharpens, above
            1 flattens.

    Returns:
        A function on logits [batch, size].

    Raises:
        SpecError: p outside (0, 1], or a temperature that is neither 0 nor finite and at
            least 1e-6.
    """
    require(0 < p <= 1, f"nucleus: p={p} should be above 0 and at most 1.")
    temperature_limits.check(temperature, "nucleus")
    return lambda logits: keep_nucleus(
        temperature_limits.divided(logits, temperature), tf.fill(tf.shape(logits)[:1], p)
    )


def keep_nucleus(logits: tf.Tensor, p: tf.Tensor):
    """Keeps the logits [batch, size] of each row's nucleus of p [batch]; -inf elsewhere.

    A p of 0 or less keeps the most likely token, a p of 1 or more keeps all.
    """
    falling = tf.sort(logits, axis=-1, direction="DESCENDING")
    before = tf.cumsum(tf.nn.softmax(falling), axis=-1, exclusive=True)
    # The sum of all may round to less than 1, and before the first it is 0: these are kept.
    inside = (before < p[:, None]) | (p[:, None] >= 1)
    count = tf.maximum(tf.reduce_sum(tf.cast(inside, tf.int32), axis=-1), 1)
    least = tf.gather(falling, count - 1, axis=-1, batch_dims=1)
    return tf.where(logits >= least[:, None], logits, -float("inf"))
