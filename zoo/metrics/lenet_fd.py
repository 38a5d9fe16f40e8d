"""The Fréchet distance of samples to data, as a classifier trained on MNIST sees them."""

from zoo.metrics import Measurement
from zoo.metrics.base import frechet


def applies(subject) -> bool:
    """Whether the images show digits."""
    return subject.example.kind == "image" and subject.example.digits


def compare(comparison) -> dict[str, Measurement]:
    """|μ_g - μ_r|² + tr(C_g + C_r - 2 (C_g C_r)^½) of the LeNet's 84 features.

    It is the formula of the FID on other features: values of the two have nothing to do with each
    other. Both sets have the same count, on which the value depends: that of real images of one
    distribution is not 0 and falls about as 1 / count, which is what the ceiling shows.

    Args:
        comparison: a `zoo.metrics.Comparison` of images.

    Returns:
        `lenet_fd`, at least 0. Its standard error is by the bootstrap of both sets and says
        nothing of the bias.

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
