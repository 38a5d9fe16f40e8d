"""Top-k sampling, from a fixed number of the most likely tokens.

Source: A. Fan, M. Lewis and Y. Dauphin (2018), arXiv 1805.04833.
"""

from collections.abc import Callable

import tensorflow as tf

from zoo.errors import require
from zoo.samplers.base import temperature_limits


def build(*, k: int, temperature: float = 1.0) -> Callable:
    """Top-k sampling: draws from softmax(logits / temperature) over the k largest logits.

    Args:
        k: the number of tokens that stay, at least 1; of equals at the border all stay.
        temperature: 0 for the most likely token, else at least 1e-6: below 1 sharpens, above
            1 flattens.

    Returns:
        A function on logits [batch, size].

    Raises:
        SpecError: k below 1, or a temperature that is neither 0 nor finite and at least 1e-6.
    """
    require(k >= 1, f"top_k: k={k} should be at least 1.")
    most = min(k, tf.int32.max)
    temperature_limits.check(temperature, "top_k")
    return lambda logits: keep_top_k(
        temperature_limits.divided(logits, temperature), tf.fill(tf.shape(logits)[:1], most)
    )


def keep_top_k(logits: tf.Tensor, k: tf.Tensor):
    """Keeps the k [batch] largest of the logits [batch, size] of each row; -inf elsewhere.

    A k of 0 or less, or above the size, keeps all.
    """
    size = tf.shape(logits)[-1]
    last = tf.where((k < 1) | (k > size), size, k) - 1
    falling = tf.sort(logits, axis=-1, direction="DESCENDING")
    least = tf.gather(falling, last, axis=-1, batch_dims=1)
    return tf.where(logits >= least[:, None], logits, -float("inf"))
