"""Negative log-likelihood of held-out texts under a reference language model of the samples."""

from zoo.metrics import Comparison, Measurement, SampleMetric
from zoo.metrics.base import reference_lm
from zoo.metrics.base.contracts import is_text


def compare(comparison: Comparison) -> dict[str, Measurement]:
    """Scores real texts by a reference language model trained on the samples.

        -Σ log Q_ref(x) / Σ length(x), over held-out texts x

    It is high if samples are poor and also if they miss some kinds of text. The reference model is
    an LSTM of 128 units, see `zoo.metrics.base.reference_lm`; it is trained on as many texts, in as
    many steps, for the samples as for the ceiling. Tokens outside the data's vocabulary are not
    scored. More samples train a better model: values at different counts are not comparable.

    Args:
        comparison: a `zoo.metrics.Comparison` of texts.

    Returns:
        `reverse_lm_score` in nats per token, end tokens included. The standard error is over
        the held-out texts, given the reference model; the variance of training on other samples
        is not included.

    Source: M. Caccia et al. (2018), arXiv 1811.02549, section 4; S. Semeniuta et al. (2018),
    arXiv 1806.04936.
    """
    reference = reference_lm.train(comparison.generated, comparison.domain, comparison.seed)
    value, error = reference.score(comparison.real)
    unit = f"nats per {comparison.domain.vocabulary.level} ({reference_lm.NAME})"
    count, split = comparison.count, comparison.split
    return {"reverse_lm_score": Measurement(value, unit, error, count, split, "lower")}


METRIC = SampleMetric(is_text, compare)
