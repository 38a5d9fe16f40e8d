"""Fréchet distance between samples and data in LeNet features."""

from zoo.metrics import Comparison, Measurement, SampleMetric
from zoo.metrics.base import frechet
from zoo.metrics.base.contracts import is_digits


def compare(comparison: Comparison) -> dict[str, Measurement]:
    """Computes |μ_g - μ_r|² + tr(C_g + C_r - 2 (C_g C_r)^½) of the LeNet's 84 features.

    The formula is that of the FID, but with other features: values of the two are not comparable.
    Both sets have the same count, on which the value depends: between real images of one
    distribution it is not 0 and falls about as 1 / count, which the ceiling shows.

    Args:
        comparison: a `zoo.metrics.Comparison` of images.

    Returns:
        `lenet_fd`, at least 0. Its standard error is by the bootstrap of both sets and does not
        include the bias.

    Raises:
        SpecError: fewer than two samples.

    Source: M. Heusel et al. (2017), arXiv 1706.08500, eq. 6, with other features.
    """
    comparison.require_count(2, "lenet_fd")
    generated, real = comparison.features
    value = frechet.frechet(generated, real)
    error = frechet.frechet_error(generated, real, comparison.seed)
    unit = "squared distance of LeNet features"
    count, split = comparison.count, comparison.split
    return {"lenet_fd": Measurement(value, unit, error, count, split, "lower")}


METRIC = SampleMetric(is_digits, compare)
