"""The Fréchet distance of samples to texts, as a language model of the training texts sees them."""

from zoo.metrics import Measurement
from zoo.metrics.base import frechet


def applies(subject) -> bool:
    """Whether the examples are texts."""
    return subject.example.kind == "text"


def compare(comparison) -> dict[str, Measurement]:
    """|μ_g - μ_r|² + tr(C_g + C_r - 2 (C_g C_r)^½) of a judge's mean states.

    A text's features are the mean over its symbols of the 128 hidden states from which an LSTM
    predicts them, one that was trained on the training texts, see `zoo.metrics.base.reference_lm`.
    Distances by other features, such as InferSent's or BERT's, have nothing to do with these, nor
    have those by a judge of other texts. Both sets have the same count, on which the value depends:
    that of real texts is not 0 and falls about as 1 / count, which is what the ceiling shows.

    Args:
        comparison: a `zoo.metrics.Comparison` of texts.

    Returns:
        `text_frechet`, at least 0. Its standard error is by the bootstrap of both sets, given the
        judge, and says nothing of the bias.

    Raises:
        SpecError: fewer than two samples.

    Source: M. Heusel et al. (2017), arXiv 1706.08500, eq. 6; of texts: S. Semeniuta et al.
    (2018), arXiv 1806.04936, section 3, with other features.
    """
    comparison.require_count(2, "text_frechet")
    generated, real = comparison.states
    value = frechet.frechet(generated, real)
    error = frechet.frechet_error(generated, real, comparison.seed)
    unit = "squared distance of mean LSTM states"
    count, split = comparison.count, comparison.split
    return {"text_frechet": Measurement(value, unit, error, count, split, "lower")}
