"""Functions of π, the weight of the data P in the mixture M = πP + (1 - π)Q.

They are computed in float64, and rounded to the type of the logits at the end.
"""

import tensorflow as tf
from keras import ops


def cross_entropy(real_logits: tf.Tensor, generated_logits: tf.Tensor, pi: float | tf.Tensor):
    """The π-weighted cross-entropy of data and samples in nats, a scalar.

        π E_P[softplus(-logit)] + (1 - π) E_Q[softplus(logit)]

    Args:
        real_logits: float [num_real, ...].
        generated_logits: float [num_generated, ...], whose mean is taken separately.
        pi: π, in (0, 1).
    """
    pi, one_minus_pi = weights(pi, real_logits.dtype)
    real, generated = ops.softplus(-real_logits), ops.softplus(generated_logits)
    return pi * ops.mean(real) + one_minus_pi * ops.mean(generated)


def weights(pi: float | tf.Tensor, dtype: tf.DType | str) -> tuple[tf.Tensor, tf.Tensor]:
    """π and 1 - π, of this type."""
    return ops.cast(_float64(pi), dtype), ops.cast(1 - _float64(pi), dtype)


def log_odds(pi: float | tf.Tensor, dtype: tf.DType | str) -> tf.Tensor:
    """log(π / (1 - π)), of this type."""
    pi = _float64(pi)
    return ops.cast(ops.log(pi) - ops.log1p(-pi), dtype)


def _float64(pi):
    # Keras reads a Python float as float32 unless it is told otherwise.
    return ops.convert_to_tensor(pi, "float64")
