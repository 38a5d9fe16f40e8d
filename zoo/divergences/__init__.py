"""Divergences between distributions, in nats: exact, estimated from samples, and as a loss.

P is the data (in distillation the teacher) and Q the model (the student).
"""

from zoo.divergences.exact import (
    Scale,
    binary_entropy,
    checked_pi,
    generalised_js,
    kl,
    kl_weights,
    log_ratios_to_mixture,
    of_one_shape,
    reverse_kl,
)

__all__ = [
    "Scale",
    "binary_entropy",
    "checked_pi",
    "generalised_js",
    "kl",
    "kl_weights",
    "log_ratios_to_mixture",
    "of_one_shape",
    "reverse_kl",
]
