"""KL and generalised Jensen-Shannon divergences of fully known distributions.

All functions take natural log-probabilities, so that a probability may be smaller than the
smallest float, and return nats. P is the data and Q the model, or in distillation the teacher
and the student; the weight π is P's share of the mixture M = πP + (1-π)Q.

Sums of p log(p/m) cancel where P and M are alike, which at the ends of π's range is everywhere.
They are written here as sums of p (m/p - 1 - log(m/p)), which for distributions is the same number
and has no negative term; log(m/p) comes from log(p/q), never from log m - log p.
"""

from typing import Literal

import numpy as np
import tensorflow as tf
from keras import ops
from numpy.typing import ArrayLike

Scale = Literal["raw", "normalised", "bounded"]
TensorLike = tf.Tensor | ArrayLike


def binary_entropy(pi: TensorLike) -> tf.Tensor:
    """Entropy of a Bernoulli variable, H(π) = -π log π - (1-π) log(1-π), the maximum of JS_π.

    Args:
        pi: probability, in [0, 1], of any shape. Python numbers are taken as float64.

    Returns:
        H(π) in nats, in [0, log 2], of `pi`'s shape; NaN outside [0, 1].
    """
    pi = tf.convert_to_tensor(pi, dtype_hint=tf.float64)
    return -tf.math.xlogy(pi, pi) - tf.math.xlog1py(1 - pi, -pi)


def kl(log_p: TensorLike, log_q: TensorLike) -> tf.Tensor:
    """Kullback-Leibler divergence KL[P‖Q] = Σ p log(p/q), minimised over Q by maximum likelihood.

    Args:
        log_p: log-probabilities of P, [..., outcomes], normalised over the last axis; -inf
            for impossible outcomes.
        log_q: log-probabilities of Q, of the same shape and type.

    Returns:
        The divergence in nats, [...], ≥ 0; inf if P has an outcome that Q lacks. For unnormalised
        measures it is Σ p log(p/q) - p + q.

    Raises:
        ValueError: the shapes of the two differ; tf.errors.InvalidArgumentError if that is known
            only when a graph runs. Nothing is broadcast.

    Example:
        >>> float(kl(np.log([0.5, 0.5]), np.log([0.25, 0.75])))
        0.14384103622589045
    """
    log_p, log_q = of_one_shape(ops.convert_to_tensor(log_p), ops.convert_to_tensor(log_q))
    log_ratio = _log_ratio(log_q, log_p)
    return ops.sum(_kl_summands(ops.exp(log_p), ops.exp(log_q), log_ratio), axis=-1)


def reverse_kl(log_p: TensorLike, log_q: TensorLike) -> tf.Tensor:
    """Reverse Kullback-Leibler divergence KL[Q‖P] = Σ q log(q/p); see `kl` for the arguments."""
    return kl(log_q, log_p)


def generalised_js(
    log_p: TensorLike, log_q: TensorLike, pi: TensorLike, scale: Scale = "raw"
) -> tf.Tensor:
    """Generalised Jensen-Shannon divergence JS_π = π KL[P‖M] + (1-π) KL[Q‖M].

    Here M = πP + (1-π)Q. At π = 1/2 it is the usual Jensen-Shannon divergence (SciPy's
    `jensenshannon` is its square root). The three scales are one divergence in three units:

        raw         JS_π                in [0, H(π)]
        normalised  JS_π / (π(1-π))     tends to KL[P‖Q] as π -> 0, to KL[Q‖P] as π -> 1
        bounded     JS_π / H(π)         in [0, 1]; 1 if no outcome is shared

    Args:
        log_p: log-probabilities of P, [..., outcomes], normalised over the last axis; -inf
            for impossible outcomes.
        log_q: log-probabilities of Q, of the same shape and type.
        pi: the weight of P, in (0, 1), a number or a tensor that broadcasts against [...].
        scale: one of the names above.

    Returns:
        The divergence in nats ("bounded": a ratio), [...], ≥ 0; NaN where a `pi` whose value
        is unknown at tracing time is not in (0, 1).

    Raises:
        ValueError: `pi` is not in (0, 1), `scale` is none of the three, or the shapes of `log_p`
            and `log_q` differ, as in `kl`.

    Example:
        >>> float(generalised_js(np.array([0, -np.inf]), np.array([-np.inf, 0]), pi=0.5))
        0.6931471805599453

    Source: F. Huszár (2015), arXiv 1511.05101, equation 12.
    """
    log_p, log_q = of_one_shape(ops.convert_to_tensor(log_p), ops.convert_to_tensor(log_q))
    pi = checked_pi(pi)
    share_p, share_q = (ops.cast(share, log_p.dtype)[..., None] for share in (pi, 1 - pi))
    p, q = ops.exp(log_p), ops.exp(log_q)
    m = share_p * p + share_q * q
    log_m_over_p, log_m_over_q = log_ratios_to_mixture(_log_ratio(log_p, log_q), pi[..., None])
    kl_p_m = ops.sum(_kl_summands(p, m, log_m_over_p), axis=-1)
    kl_q_m = ops.sum(_kl_summands(q, m, log_m_over_q), axis=-1)
    weight_p, weight_q = (ops.cast(w, log_p.dtype) for w in kl_weights(pi, scale))
    return weight_p * kl_p_m + weight_q * kl_q_m


def of_one_shape(
    log_p: tf.Tensor, log_q: tf.Tensor, names: tuple[str, str] = ("log_p", "log_q")
) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns both tensors after checking that their shapes are equal.

    Args:
        log_p: a tensor [..., outcomes].
        log_q: a tensor of the same shape.
        names: of the two, for the message.

    Returns:
        The two. For dimensions unknown at tracing time the check runs with the graph, except under
        XLA, which drops such checks.

    Raises:
        ValueError: they differ in a known dimension, or are scalars.
    """
    message = (
        f"{names[0]} and {names[1]} should have one shape, [..., outcomes]; received "
        f"{_written(log_p.shape)} and {_written(log_q.shape)}."
    )
    shape = tf.TensorShape(log_p.shape)
    if not shape.is_compatible_with(log_q.shape) or shape.rank == 0:
        raise ValueError(message)
    if shape.is_fully_defined() and tf.TensorShape(log_q.shape).is_fully_defined():
        return log_p, log_q
    equal = tf.debugging.assert_equal(tf.shape(log_p), tf.shape(log_q), message)
    with tf.control_dependencies([equal]):
        return tf.identity(log_p), tf.identity(log_q)


def _written(shape):
    return str(tf.TensorShape(shape).as_list()) if tf.TensorShape(shape).rank is not None else "?"


def checked_pi(pi: TensorLike) -> tf.Tensor:
    """Converts `pi` to a float64 tensor in (0, 1); NaN where an unknown value turns out invalid.

    float64 whatever the inputs are: 1-π, rounded to float32 after the subtraction and not before,
    keeps all of its digits.

    Raises:
        ValueError: a known value is not in (0, 1).
    """
    pi = tf.convert_to_tensor(pi, dtype_hint=tf.float64)
    known = tf.get_static_value(pi)
    if known is not None and not np.all((known > 0) & (known < 1)):
        raise ValueError(
            f"pi, the weight of P, must lie between 0 and 1, both excluded; received {known}. "
            "The limit at 0 is kl(log_p, log_q), the limit at 1 is reverse_kl(log_p, log_q)."
        )
    pi = ops.cast(pi, "float64")
    return ops.where((pi > 0) & (pi < 1), pi, np.nan)


def kl_weights(pi: TensorLike, scale: Scale) -> tuple[TensorLike, TensorLike]:
    """Weights of KL[P‖M] and of KL[Q‖M] in JS_π on this scale, each of `pi`'s shape."""
    if scale == "raw":
        return pi, 1 - pi
    if scale == "normalised":
        return 1 / (1 - pi), 1 / pi
    if scale == "bounded":
        return pi / binary_entropy(pi), (1 - pi) / binary_entropy(pi)
    raise ValueError(f"scale must be 'raw', 'normalised' or 'bounded'; received {scale!r}.")


def log_ratios_to_mixture(log_ratio: TensorLike, pi: TensorLike) -> tuple[tf.Tensor, tf.Tensor]:
    """Computes log(m/p) and log(m/q) from r = log(p/q), for m = πp + (1-π)q.

    With the lighter of the two, of weight w ≤ 1/2, over the heavier as e^t, the ratios of m to
    them are w + (1-w)e^-t and 1 + w(e^t - 1): neither loses digits at the ends of π's range.

    Args:
        log_ratio: r, of any shape, from -inf to inf.
        pi: the weight of p, in (0, 1), a float64 tensor that broadcasts against it.

    Returns:
        Two tensors of the broadcast shape and the type of `log_ratio`.
    """
    p_is_lighter = pi <= 0.5
    weight = ops.cast(ops.where(p_is_lighter, pi, 1 - pi), log_ratio.dtype)
    t = ops.where(p_is_lighter, log_ratio, -log_ratio)
    far, low, high = t > 1, ops.minimum(t, 1), ops.maximum(t, 1)  # neither branch sees inf - inf
    near_heavier = ops.log1p(weight * ops.expm1(low))
    far_heavier = ops.softplus(ops.log(weight) + high + ops.log1p(-ops.exp(-high)))
    heavier = ops.where(far, far_heavier, near_heavier)
    lighter = ops.where(far, ops.log(weight + (1 - weight) * ops.exp(-high)), near_heavier - low)
    return ops.where(p_is_lighter, lighter, heavier), ops.where(p_is_lighter, heavier, lighter)


def _log_ratio(log_p, log_q):
    """Computes log(p/q), 0 where both are impossible."""
    neither = ops.isneginf(log_p) & ops.isneginf(log_q)
    return ops.where(neither, 0, log_p) - ops.where(neither, 0, log_q)


def _kl_summands(p, m, log_ratio):
    """Computes p log(p/m) - p + m, from p, m and log(m/p); none is negative, and 0 log 0 = 0."""
    near = ops.abs(log_ratio) < 0.5
    near_ratio = ops.where(near, log_ratio, 0)
    far_ratio = ops.where(near | (p <= 0), 0, log_ratio)
    return ops.where(near, p * _exponential_tail(near_ratio), m - p - p * far_ratio)


def _exponential_tail(x):
    """Computes e^x - 1 - x for |x| < 1/2 by its series: the difference loses half of the digits."""
    tail = ops.ones_like(x)
    for k in range(15, 2, -1):
        tail = 1 + x / k * tail
    return x * x / 2 * tail
