"""Negative log-likelihood of samples under a reference language model of the training texts."""

from zoo.metrics import Comparison, Measurement, SampleMetric
from zoo.metrics.base import reference_lm
from zoo.metrics.base.contracts import is_text


def compare(comparison: Comparison) -> dict[str, Measurement]:
    """Scores the samples by a reference language model trained on the training texts.

        -Σ log Q_ref(x) / Σ length(x), over samples x

    It measures the quality of samples, not their diversity: one good sentence, repeated, scores
    lower than real texts do. Read it together with `reverse_lm_score`. The reference model is an
    LSTM of 128 units, see `zoo.metrics.base.reference_lm`; tokens outside the data's vocabulary are
    not scored.

    Args:
        comparison: a `zoo.metrics.Comparison` of texts.

    Returns:
        `lm_score` in nats per token, end tokens included. The standard error is over samples,
        given the reference model.

    Source: M. Caccia et al. (2018), arXiv 1811.02549, section 4; S. Semeniuta et al. (2018),
    arXiv 1806.04936.
    """
    reference = reference_lm.trained(comparison.training, comparison.domain, comparison.seed)
    value, error = reference.score(comparison.generated)
    unit = f"nats per {comparison.domain.vocabulary.level} ({reference_lm.NAME})"
    count, split = comparison.count, comparison.split
    return {"lm_score": Measurement(value, unit, error, count, split, "lower")}


METRIC = SampleMetric(is_text, compare)
