"""Figure 1: one isotropic Gaussian Q fitted to a mixture P under JS_π, for several π.

The integrals are sums over a grid, see `zoo.distributions.gaussian_mixture`; the program
`experiments/figure1.py` plots the figure.

Source: F. Huszár (2015), arXiv 1511.05101, figure 1 and equation 12.
"""

from typing import NamedTuple

import numpy as np
import scipy.optimize
import tensorflow as tf
from numpy.typing import ArrayLike

from zoo import divergences
from zoo.distributions import gaussian_mixture as mixtures

_SAME = 1e-3  # in deviations of P: closer optima count as one
_OFFSET = 0.01 * np.array([np.cos(1), np.sin(1)])  # in deviations: off every axis of symmetry
_NO_SMALL_WEIGHT = 0.5  # as a multiple of 1/k: descents do not start from lighter components


class Fit(NamedTuple):
    """A local minimum.

    Attributes:
        mean: of Q, [2].
        std: of Q, per coordinate.
        value: the divergence there, in nats.
    """

    mean: np.ndarray
    std: float
    value: float


def fit(weights: ArrayLike, means: ArrayLike, variances: ArrayLike, pi: float) -> Fit:
    """Finds the Gaussian Q = N(mean, std² I) that minimises JS_π[P‖Q] / (π(1-π)).

    Args:
        weights: of the mixture P, [k].
        means: [k, 2].
        variances: per coordinate, [k].
        pi: the weight of P, in (0, 1).

    Returns:
        The best of the local minima found, see `local_minima`.

    Raises:
        ValueError: no mixture, or a `pi` outside (0, 1).
    """
    return local_minima(weights, means, variances, pi)[0]


def local_minima(
    weights: ArrayLike, means: ArrayLike, variances: ArrayLike, pi: float
) -> list[Fit]:
    """Finds the distinct minima of JS_π[P‖Q] / (π(1-π)), best first; arguments as in `fit`.

    Descents start from P's moments and from every component that is not small, each slightly
    displaced: on an axis of symmetry a descent would stay there and end at a saddle point.
    """
    p = mixtures.mixture(weights, means, variances)
    return _minima(p, _normalised_js, divergences.checked_pi(pi))


def fit_kl(weights: ArrayLike, means: ArrayLike, variances: ArrayLike) -> Fit:
    """Computes the Gaussian that minimises KL[P‖Q], the limit π -> 0: it has the moments of P."""
    p = mixtures.mixture(weights, means, variances)
    mean, std = mixtures.moments(p)
    value, _ = _Objective(p, divergences.kl)(np.append(mean, np.log(std)))
    return Fit(mean, float(std), value)


def fit_reverse_kl(weights: ArrayLike, means: ArrayLike, variances: ArrayLike) -> Fit:
    """Finds the Gaussian that minimises KL[Q‖P], the limit π -> 1; searched for as in `fit`."""
    return reverse_kl_minima(weights, means, variances)[0]


def reverse_kl_minima(weights: ArrayLike, means: ArrayLike, variances: ArrayLike) -> list[Fit]:
    """Finds the distinct minima of KL[Q‖P], best first; searched for as in `local_minima`."""
    return _minima(mixtures.mixture(weights, means, variances), divergences.reverse_kl)


def _normalised_js(log_p, log_q, pi):
    return divergences.generalised_js(log_p, log_q, pi, "normalised")


class _Objective:
    """Divergence from P, with its gradient, as a function of Q's (mean, log std), [3]."""

    def __init__(self, p, divergence, *parameters):
        points, self.log_area = mixtures.grid(p)
        self.points = tf.constant(points)
        self.log_p = tf.constant(mixtures.log_density(p, points) + self.log_area)
        self.divergence, self.parameters = divergence, parameters

    def __call__(self, theta):
        log_area = tf.constant(self.log_area, tf.float64)
        value, gradient = _value_and_gradient(
            self.divergence, tf.constant(theta), self.points, self.log_p, log_area, self.parameters
        )
        return float(value), gradient.numpy()


@tf.function(autograph=False, reduce_retracing=True)
def _value_and_gradient(divergence, theta, points, log_p, log_area, parameters):
    with tf.GradientTape() as tape:
        tape.watch(theta)
        mean, log_std = theta[:2], theta[2]
        squares = tf.reduce_sum(tf.square(points - mean), axis=-1) * tf.exp(-2 * log_std)
        log_q = log_area - squares / 2 - 2 * log_std - np.log(2 * np.pi)
        value = divergence(log_p, log_q, *parameters)
    return value, tape.gradient(value, theta)


def _minima(p, divergence, *parameters):
    objective, scale = _Objective(p, divergence, *parameters), mixtures.moments(p)[1]
    found = [_descend(p, objective, *start) for start in _starts(p)]
    distinct = []
    for one in sorted(found, key=lambda one: one.value):
        if all(_distance(one, other) > _SAME * scale for other in distinct):
            distinct.append(one)
    return distinct


def _starts(p):
    large = p.weights >= _NO_SMALL_WEIGHT / len(p.weights)
    places = zip(p.means[large], np.sqrt(p.variances[large]), strict=True)
    return [(mean + _OFFSET * std, std) for mean, std in (mixtures.moments(p), *places)]


def _descend(p, objective, mean, std):
    # Beyond these bounds the grid would no longer cover or resolve Q.
    widest = np.sqrt(p.variances.max())
    corners = zip(p.means.min(axis=0) - widest, p.means.max(axis=0) + widest, strict=True)
    stds = np.sqrt(p.variances.min()) / 2, max(mixtures.WIDEST * mixtures.moments(p)[1], widest)
    result = scipy.optimize.minimize(
        objective,
        np.append(mean, np.log(std)),
        jac=True,
        method="L-BFGS-B",
        bounds=[*corners, np.log(stds)],
        options={"ftol": 1e-14, "gtol": 1e-9},
    )
    return Fit(result.x[:2], float(np.exp(result.x[2])), float(result.fun))


def _distance(one, other):
    return np.linalg.norm([*(one.mean - other.mean), one.std - other.std])
