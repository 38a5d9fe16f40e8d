"""Monte Carlo estimates of divergences from samples and log-densities, with standard errors.

For distributions too large to enumerate, such as sequences or images. Log-densities may be with
respect to any reference measure, as long as P and Q share it. Estimates are unbiased and may be
negative.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from zoo.divergences import exact


class Estimate(NamedTuple):
    """Mean over samples with its standard error.

    Attributes:
        value: the estimate.
        standard_error: of `value`, from the sample variance; NaN for a single sample, or if
            `value` is infinite.
    """

    value: float
    standard_error: float


def monte_carlo_kl(log_p: ArrayLike, log_q: ArrayLike) -> Estimate:
    """Estimates KL[P‖Q] = E_P[log p - log q] from samples of P.

    For KL[Q‖P] pass samples of Q and swap the arguments.

    Args:
        log_p: log-densities of P at samples **of P**, [samples].
        log_q: log-densities of Q at the same samples, [samples].

    Returns:
        The estimate, in nats.

    Raises:
        ValueError: the two are not of one shape, [samples].
    """
    log_p, log_q = np.asarray(log_p, np.float64), np.asarray(log_q, np.float64)
    if log_p.ndim != 1 or log_p.shape != log_q.shape:
        raise ValueError(
            "log_p and log_q hold one log-density for each sample, [samples]; received the shapes "
            f"{list(log_p.shape)} and {list(log_q.shape)}."
        )
    return _mean(log_p - log_q)


def monte_carlo_generalised_js(
    log_ratio_at_p: ArrayLike, log_ratio_at_q: ArrayLike, pi: float, scale: exact.Scale = "raw"
) -> Estimate:
    """Estimates JS_π = π E_P[log(p/m)] + (1-π) E_Q[log(q/m)] from samples of both.

    The two means are weighted by π and not by the sample counts, which may differ.

    Args:
        log_ratio_at_p: r = log p - log q at samples of P, [samples]; inf where q = 0.
        log_ratio_at_q: r at samples of Q, [other samples]; -inf where p = 0.
        pi: the weight of P, in (0, 1).
        scale: "raw", "normalised" or "bounded", as in `divergences.generalised_js`.

    Returns:
        The estimate, in nats ("bounded": a ratio).

    Raises:
        ValueError: `pi` is not in (0, 1), `scale` is none of the three, or the ratios are not of
            the shape [samples].

    Source: F. Huszár (2015), arXiv 1511.05101, equation 12.
    """
    pi = exact.checked_pi(pi)
    shapes = np.shape(log_ratio_at_p), np.shape(log_ratio_at_q)
    if any(len(shape) != 1 for shape in shapes):
        raise ValueError(
            "log_ratio_at_p and log_ratio_at_q hold one log ratio for each sample, [samples]; "
            f"received the shapes {list(shapes[0])} and {list(shapes[1])}."
        )
    weights = [float(weight) for weight in exact.kl_weights(pi, scale)]
    log_m_over_p, _ = _log_ratios_to_mixture(log_ratio_at_p, pi)
    _, log_m_over_q = _log_ratios_to_mixture(log_ratio_at_q, pi)
    parts = np.array([_mean(-log_m_over_p), _mean(-log_m_over_q)])
    value, standard_error = np.dot(weights, parts[:, 0]), np.hypot(*(weights * parts[:, 1]))
    return Estimate(float(value), float(standard_error))


def _log_ratios_to_mixture(log_ratio, pi):
    log_ratio = np.asarray(log_ratio, np.float64)
    return (ratio.numpy() for ratio in exact.log_ratios_to_mixture(log_ratio, pi))


def _mean(values) -> Estimate:
    with np.errstate(invalid="ignore"):  # an infinite value has no standard error
        deviation = np.std(values, ddof=1) if values.size > 1 else np.nan
    return Estimate(float(np.mean(values)), float(deviation / np.sqrt(values.size)))
