"""Paths between latents that stay where the prior has its mass."""

import math

import tensorflow as tf

_SMALLEST_SINE = 1e-3  # below it arc and line agree to rounding, or rounding decides the arc
_BELOW_ONE = 1 - 2.0**-23  # erfinv of the next float32 is infinite in TensorFlow 2.21


def linear(start: tf.Tensor, end: tf.Tensor, fractions: tf.Tensor) -> tf.Tensor:
    """Interpolates along straight lines.

        (1 - t) p + t q

    Args:
        start: p, float [rows, size].
        end: q, of the same shape.
        fractions: t in [0, 1], [steps].

    Returns:
        float [rows, steps, size]; p at t = 0 and q at t = 1, bit for bit.
    """
    part = fractions[:, tf.newaxis]
    return (1 - part) * start[:, tf.newaxis] + part * end[:, tf.newaxis]


def spherical(start: tf.Tensor, end: tf.Tensor, fractions: tf.Tensor) -> tf.Tensor:
    """Interpolates along arcs: for latents of a standard normal prior.

        slerp(p, q; t) = sin((1 - t) ω) / sin ω  p + sin(t ω) / sin ω  q,  cos ω = p·q / (|p| |q|)

    The squares of the factors add up to 1 where ω = π/2, which independent latents of many
    components nearly have: what lies between two draws is then distributed as the draws are.
    Half-way on a straight line the variance would be half of theirs. Where p and q are parallel
    no arc is the shortest, and the path is the line.

    Args:
        start: p, float [rows, size].
        end: q, of the same shape.
        fractions: t in [0, 1], [steps].

    Returns:
        float [rows, steps, size]; p at t = 0 and q at t = 1, bit for bit.

    Source: T. White, "Sampling Generative Networks", arXiv 1609.04468 (2016), section 2.1, after
    K. Shoemake (1985).
    """
    cosine = tf.reduce_sum(tf.nn.l2_normalize(start, -1) * tf.nn.l2_normalize(end, -1), axis=-1)
    angle = tf.acos(tf.clip_by_value(cosine, -1.0, 1.0))[:, tf.newaxis, tf.newaxis]
    sine, part = tf.sin(angle), fractions[:, tf.newaxis]
    first, second = tf.sin((1 - part) * angle) / sine, tf.sin(part * angle) / sine
    arc = first * start[:, tf.newaxis] + second * end[:, tf.newaxis]
    return tf.where(sine > _SMALLEST_SINE, arc, linear(start, end, fractions))


def spherical_in_cube(
    start: tf.Tensor, end: tf.Tensor, fractions: tf.Tensor, half_width: float
) -> tf.Tensor:
    """Interpolates along what are arcs once a uniform prior is mapped to a normal one.

        F⁻¹(slerp(F(p), F(q); t)),  F(z) = √2 erf⁻¹(z / h) in each component

    Arcs between points of a cube leave it; these paths do not, and what lies between two draws
    is nearly uniform, as `spherical` is nearly normal.

    Args:
        start: p, float32 [rows, size], in [-h, h).
        end: q, of the same shape.
        fractions: t in [0, 1], [steps].
        half_width: h.

    Returns:
        float32 [rows, steps, size]; p at t = 0 and q at t = 1, bit for bit.

    Source: mapping to another distribution and back, D. Leśniak et al., arXiv 1806.01670 (2018).
    """

    def to_normal(latents):
        inside = tf.clip_by_value(latents / half_width, -_BELOW_ONE, _BELOW_ONE)
        return math.sqrt(2) * tf.math.erfinv(inside)

    arc = spherical(to_normal(start), to_normal(end), fractions)
    path = half_width * tf.math.erf(arc / math.sqrt(2))
    part = fractions[:, tf.newaxis]
    path = tf.where(part == 0, start[:, tf.newaxis], path)
    return tf.where(part == 1, end[:, tf.newaxis], path)
