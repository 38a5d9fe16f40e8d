"""Mixtures of isotropic Gaussians, and grids over the plane to integrate their densities.

A mixture is `weights` [k], `means` [k, d] and `variances` [k]; its file is a JSON object
with these keys.
"""

import json
import os
import pathlib
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from zoo import randomness
from zoo.distributions.distribution import Distribution
from zoo.errors import DataError, require

# Mixtures that ship with the zoo, by name.
FILES = {path.stem: path for path in sorted(pathlib.Path(__file__).parent.glob("*.json"))}
DEFAULT_FILE = FILES["mixture_a"]

WIDEST = 1.5  # in deviations of P: the widest Gaussian that a grid covers

_REACH = 6  # deviations: e^-18 of the mass of a Gaussian in the plane lies beyond
_STEPS = 3  # per smallest deviation: divergences of such Gaussians are then exact to 2e-8
_MOST_POINTS = 2_000_000


class Mixture(NamedTuple):
    """A mixture of isotropic Gaussians.

    Attributes:
        weights: [k], positive, of sum one.
        means: [k, d]; d = 2 for mixtures in the plane.
        variances: [k], of each coordinate.
    """

    weights: np.ndarray
    means: np.ndarray
    variances: np.ndarray


class Grid(NamedTuple):
    """Equally spaced points in the plane.

    Attributes:
        points: [n, 2].
        log_area: log of the area that each point represents.
    """

    points: np.ndarray
    log_area: float


def mixture(weights: ArrayLike, means: ArrayLike, variances: ArrayLike) -> Mixture:
    """Builds a mixture from array-likes; weights are rescaled to sum to one exactly.

    Raises:
        SpecError: the arrays are not a mixture.
    """
    weights, means, variances = (np.asarray(x, np.float64) for x in (weights, means, variances))
    require(
        weights.ndim == 1
        and means.ndim == 2
        and means.size > 0
        and len(weights) == len(means)
        and variances.shape == weights.shape,
        "A mixture has weights [k], means [k, d] and variances [k]; received the shapes "
        f"{list(weights.shape)}, {list(means.shape)} and {list(variances.shape)}.",
    )
    require(
        (weights > 0).all() and np.isclose(weights.sum(), 1) and (variances > 0).all(),
        f"A mixture has positive weights that sum to one and positive variances; received weights "
        f"{weights} and variances {variances}.",
    )
    require(
        np.isfinite(means).all() and np.isfinite(variances).all(),
        f"A mixture has finite means and variances; received means {means.tolist()} and variances "
        f"{variances}.",
    )
    return Mixture(weights / weights.sum(), means, variances)


def load(path: str | os.PathLike = DEFAULT_FILE) -> Mixture:
    """Reads a mixture from a JSON file.

    Raises:
        DataError: the file is missing or contains no mixture.
    """
    try:
        fields = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        return mixture(fields["weights"], fields["means"], fields["variances"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path} is not a mixture ({error}): expected a JSON object with weights [k], means "
            "[k, d] and variances [k]."
        ) from error


def moments(p: Mixture) -> tuple[np.ndarray, float]:
    """Mean [d], and standard deviation per coordinate, of the isotropic Gaussian matched to P."""
    mean = p.weights @ p.means
    variance = p.weights @ (p.variances + np.square(p.means - mean).mean(axis=1))
    return mean, np.sqrt(variance)


def grid(p: Mixture) -> Grid:
    """Builds a grid that covers and resolves P and all Gaussians up to `WIDEST`.

    Raises:
        SpecError: P is not in the plane, or its narrowest component is too narrow for its width.
    """
    require(
        p.means.shape[1] == 2,
        f"A grid needs a mixture in the plane; this one has {p.means.shape[1]} dimensions.",
    )
    reach = _REACH * max(WIDEST * moments(p)[1], np.sqrt(p.variances.max()))
    step = np.sqrt(p.variances.min()) / _STEPS
    low, high = p.means.min(axis=0) - reach, p.means.max(axis=0) + reach
    count = np.prod((high - low) / step)
    require(
        count <= _MOST_POINTS,
        f"The narrowest component, of deviation {_STEPS * step:.3g}, needs {count:.2g} grid points "
        f"over a mixture of this width, more than {_MOST_POINTS:.2g}; give it a larger variance.",
    )
    axes = [np.arange(start, stop + step, step) for start, stop in zip(low, high, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    return Grid(points, 2 * np.log(step))


def log_density(p: Mixture, points: np.ndarray) -> np.ndarray:
    """Computes log p in nats, [...], at points [..., d]."""
    squares = np.square(points[..., None, :] - p.means).sum(axis=-1)  # [..., k]
    logs = log_heights(p) - squares / (2 * p.variances)
    return np.logaddexp.reduce(logs, axis=-1)


def log_heights(p: Mixture) -> np.ndarray:
    """Log of each component's contribution to the density at its own mean, [k]."""
    return np.log(p.weights) - p.means.shape[1] / 2 * np.log(2 * np.pi * p.variances)


def sample(p: Mixture, count: int, seed: int) -> np.ndarray:
    """Draws from P, [count, d]."""
    rng = np.random.default_rng(seed)
    component = rng.choice(len(p.weights), count, p=p.weights)
    noise = rng.standard_normal((count, p.means.shape[1]))
    return p.means[component] + np.sqrt(p.variances[component, None]) * noise


class GaussianMixture(Distribution):
    """Distribution of points from a mixture, in TensorFlow.

    Args:
        p: the mixture.
    """

    def __init__(self, p: Mixture):
        self.p = p

    def log_prob(self, examples: tf.Tensor) -> tf.Tensor:
        """Computes log p in nats, float64 [batch], of points, floats [batch, d]."""
        distances = tf.cast(examples, tf.float64)[:, None, :] - self.p.means  # [batch, k, d]
        squares = tf.reduce_sum(tf.square(distances), axis=-1)
        logs = log_heights(self.p) - squares / (2 * self.p.variances)
        return tf.reduce_logsumexp(logs, axis=-1)

    def sample(self, count: int, key: tf.Tensor) -> tf.Tensor:
        """Draws points, float32 [count, d], by a stateless random key, int64 [2]."""
        uniform = tf.random.stateless_uniform(
            [count], randomness.fold(key, 0), dtype=tf.float64, alg=randomness.ALGORITHM
        )
        shares = np.cumsum(self.p.weights)[:-1]  # the last component has what is left
        component = tf.searchsorted(tf.constant(shares), uniform, side="right")
        noise = tf.random.stateless_normal(
            [count, self.p.means.shape[1]], randomness.fold(key, 1), alg=randomness.ALGORITHM
        )
        means, stds = np.float32(self.p.means), np.float32(np.sqrt(self.p.variances))
        return tf.gather(means, component) + tf.gather(stds, component)[:, None] * noise
