"""Points from a mixture of Gaussians, whose density is known exactly.

Source: F. Huszár (2015), arXiv 1511.05101, figure 1.
"""

import pathlib

import numpy as np
import tensorflow as tf

from zoo import domains, randomness
from zoo.data.base.splits import Dataset, Points
from zoo.distributions import gaussian_mixture as mixtures
from zoo.distributions.distribution import Distribution
from zoo.errors import DataError
from zoo.spec import File


def build(
    data_dir: str | None,
    *,
    name: str | None = None,
    path: File | None = None,
    count: int = 10_000,
    seed: int = 0,
) -> Dataset[domains.Points]:
    """Points drawn independently from a mixture P of isotropic Gaussians.

    Training draws new points at every step, which no model can memorise. The two held-out parts
    are fixed samples, and so is the set of points that represents the training part where its
    examples are listed.

    Args:
        data_dir: not used.
        name: a mixture that comes with the zoo; None, without a path: mixture_a.
        path: a JSON file in place of a name: an object of weights [k], means [k, d] and variances
            [k] (one for all coordinates of a component).
        count: the number of points in each of the three parts.
        seed: the seed of the parts' points.

    Raises:
        DataError: an unknown name, a file that holds no mixture, or a number out of range.
    """
    if count < 1:
        raise DataError(f"gaussian_mixture: count={count} should be at least 1.")
    if not 0 <= seed < 2**31:
        raise DataError(f"gaussian_mixture: seed={seed} should be at least 0 and below 2^31.")
    p = mixtures.GaussianMixture(mixtures.load(_file(name, path)))
    keys = [randomness.key(seed, part, "mixture points") for part in range(3)]
    train, validation, test = (p.sample(count, key).numpy() for key in keys)
    splits = DrawnPoints(train, p), Points(validation), Points(test)
    return Dataset(domains.Points(train.shape[1]), *splits, log_prob=p.log_prob)


def _file(name, path):
    if name is not None and path is not None:
        raise DataError(f"gaussian_mixture: give name={name!r} or path={path!r}, not both.")
    if path is not None:
        return pathlib.Path(path).expanduser()
    name = "mixture_a" if name is None else name
    if name not in mixtures.FILES:
        raise DataError(
            f"gaussian_mixture: there is no mixture {name!r}. Known: {', '.join(mixtures.FILES)}; "
            "one of your own is given by path='FILE.json'."
        )
    return mixtures.FILES[name]


class DrawnPoints(Points):
    """Points that are drawn anew at each step.

    Args:
        values: float32 [count, d], a fixed sample for whatever needs a finite set.
        p: the mixture.
    """

    def __init__(self, values: np.ndarray, p: Distribution):
        super().__init__(values)
        self._p = p

    def batch(
        self,
        step: int | tf.Tensor,
        batch_size: int,
        seed: int | tf.Tensor,
        rows: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Draws the training batch of one step, float32 [batch_size, d], or some rows of it."""
        drawn = self._p.sample(batch_size, randomness.key(seed, step, "example"))
        return drawn if rows is None else tf.gather(drawn, rows)
