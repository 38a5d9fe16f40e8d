"""Mixtures of isotropic Gaussians, and sums over the plane that stand for integrals.

A mixture is `weights` [k], `means` [k, d] and `variances` [k]; a file of one is a JSON object
with these keys.
"""

import json
import pathlib
from typing import NamedTuple

import numpy as np

from zoo.errors import DataError, require

# The mixtures that come with the zoo, by their names.
FILES = {path.stem: path for path in sorted(pathlib.Path(__file__).parent.glob("*.json"))}
DEFAULT_FILE = FILES["mixture_a"]

WIDEST = 1.5  # in deviations of P: the widest Gaussian that a grid is to hold

_REACH = 6  # deviations: of the mass of a Gaussian in the plane, e^-18 lies beyond
_STEPS = 3  # per smallest deviation: divergences of Gaussians no narrower came out right to 2e-8
_MOST_POINTS = 2_000_000


class Mixture(NamedTuple):
    """A mixture of isotropic Gaussians.

    Attributes:
        weights: [k], positive, of sum one.
        means: [k, d]; those in the plane have d = 2.
        variances: [k], of each coordinate.
    """

    weights: np.ndarray
    means: np.ndarray
    variances: np.ndarray


class Grid(NamedTuple):
    """Equally spaced points over the plane.

    Attributes:
        points: [n, 2].
        log_area: the logarithm of the area that each point stands for.
    """

    points: np.ndarray
    log_area: float


def mixture(weights, means, variances) -> Mixture:
    """A mixture from anything that NumPy reads as arrays; weights are scaled to sum one exactly.

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
        f"A mixture has positive weights of sum one and positive variances; received weights "
        f"{weights} and variances {variances}.",
    )
    require(
        np.isfinite(means).all() and np.isfinite(variances).all(),
        f"A mixture has finite means and variances; received means {means.tolist()} and variances "
        f"{variances}.",
    )
    return Mixture(weights / weights.sum(), means, variances)


def load(path=DEFAULT_FILE) -> Mixture:
    """Reads a mixture from a JSON file.

    Raises:
        DataError: the file is missing or holds no mixture.
    """
    try:
        fields = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        return mixture(fields["weights"], fields["means"], fields["variances"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path} is no mixture ({error}): a JSON object with weights [k], means [k, d] and "
            "variances [k] is expected."
        ) from error


def moments(p: Mixture):
    """The mean [d], and the deviation per coordinate, of an isotropic Gaussian with P's moments."""
    mean = p.weights @ p.means
    variance = p.weights @ (p.variances + np.square(p.means - mean).mean(axis=1))
    return mean, np.sqrt(variance)


def grid(p: Mixture) -> Grid:
    """Points that reach beyond P and all Gaussians up to `WIDEST`, and resolve both.

    Raises:
        SpecError: P is not in the plane, or so wide for its narrowest component that there would
            be too many.
    """
    require(
        p.means.shape[1] == 2,
        f"A grid is of the plane, and this mixture has {p.means.shape[1]} dimensions.",
    )
    reach = _REACH * max(WIDEST * moments(p)[1], np.sqrt(p.variances.max()))
    step = np.sqrt(p.variances.min()) / _STEPS
    low, high = p.means.min(axis=0) - reach, p.means.max(axis=0) + reach
    count = np.prod((high - low) / step)
    require(
        count <= _MOST_POINTS,
        f"The narrowest component, of deviation {_STEPS * step:.3g}, would take {count:.2g} grid "
        f"points over a mixture of this width, and at most {_MOST_POINTS:.2g} are used; give it "
        "a larger variance.",
    )
    axes = [np.arange(start, stop + step, step) for start, stop in zip(low, high, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    return Grid(points, 2 * np.log(step))


def log_density(p: Mixture, points) -> np.ndarray:
    """log p in nats, [...], at points [..., d]."""
    squares = np.square(points[..., None, :] - p.means).sum(axis=-1)  # [..., k]
    logs = log_heights(p) - squares / (2 * p.variances)
    return np.logaddexp.reduce(logs, axis=-1)


def log_heights(p: Mixture) -> np.ndarray:
    """The logarithm of each component's share of the density at its mean, [k]."""
    return np.log(p.weights) - p.means.shape[1] / 2 * np.log(2 * np.pi * p.variances)


def sample(p: Mixture, count: int, seed: int) -> np.ndarray:
    """Draws from P, [count, d]."""
    rng = np.random.default_rng(seed)
    component = rng.choice(len(p.weights), count, p=p.weights)
    noise = rng.standard_normal((count, p.means.shape[1]))
    return p.means[component] + np.sqrt(p.variances[component, None]) * noise
