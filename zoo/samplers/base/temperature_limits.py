"""Limits of temperatures, for samplers, estimators and served rows."""

import tensorflow as tf

from zoo.errors import require
from zoo.samplers.greedy import keep_most_likely

# Below it logits divided by the temperature may leave the range of float32.
LEAST = 1e-6


def is_temperature(value: float | tf.Tensor):
    """Checks that a number, or each in a float32 tensor, is 0 or at least 1e-6.

    It should be finite in float32, in which logits are divided: -inf / inf is no number.
    """
    zero = value == 0
    if tf.is_tensor(value):  # kernels take numbers below 1e-38 for 0, so that the bits decide
        zero = tf.bitwise.bitwise_and(tf.bitcast(value, tf.int32), 0x7FFFFFFF) == 0
    return zero | ((value >= LEAST) & (value <= float(tf.float32.max)))


def check(temperature: float, name: str) -> None:
    """Raises SpecError unless the temperature is 0 (greedy), or finite and at least 1e-6."""
    require(
        is_temperature(temperature),
        f"{name}: temperature={temperature} should be 0 (the most likely token), or a finite "
        f"number of at least {LEAST:g}.",
    )


def divided(logits: tf.Tensor, temperature: float):
    """Computes logits / temperature, [batch, size]; temperature 0 keeps only the largest."""
    return keep_most_likely(logits) if temperature == 0 else logits / temperature
