"""Fréchet distance between samples and texts in language-model states."""

from zoo.metrics import Comparison, Measurement, SampleMetric
from zoo.metrics.base import frechet
from zoo.metrics.base.contracts import is_text


def compare(comparison: Comparison) -> dict[str, Measurement]:
    """Computes |μ_g - μ_r|² + tr(C_g + C_r - 2 (C_g C_r)^½) of mean language-model states.

    A text's features are the mean over its tokens of the 128 hidden states of a reference language
    model trained on the training texts, see `zoo.metrics.base.reference_lm`. Values are not
    comparable to distances in other features, such as InferSent's or BERT's, nor across training
    texts. Both sets have the same count, on which the value depends: between real texts it is not 0
    and falls about as 1 / count, which the ceiling shows.

    Args:
        comparison: a `zoo.metrics.Comparison` of texts.

    Returns:
        `text_frechet`, at least 0. Its standard error is by the bootstrap of both sets, given the
        reference model, and does not include the bias.

    Raises:
        SpecError: fewer than two samples.

    Source: M. Heusel et al. (2017), arXiv 1706.08500, eq. 6; for texts: S. Semeniuta et al.
    (2018), arXiv 1806.04936, section 3, with other features.
    """
    comparison.require_count(2, "text_frechet")
    generated, real = comparison.states
    value = frechet.frechet(generated, real)
    error = frechet.frechet_error(generated, real, comparison.seed)
    unit = "squared distance of mean LSTM states"
    count, split = comparison.count, comparison.split
    return {"text_frechet": Measurement(value, unit, error, count, split, "lower")}


METRIC = SampleMetric(is_text, compare)
