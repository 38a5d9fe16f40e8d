"""How likely samples are under a language model of the training texts."""

from zoo.metrics import Measurement
from zoo.metrics.base import reference_lm


def applies(subject) -> bool:
    """Whether the examples are texts."""
    return subject.example.kind == "text"


def compare(comparison) -> dict[str, Measurement]:
    """The negative log-likelihood of samples by a judge trained on the training texts.

        -Σ log Q_judge(x) / Σ length(x), over samples x

    It tells whether samples are like texts, not whether they are all alike: one good sentence,
    repeated, has a lower value than real texts have. It is read with `reverse_lm_score` beside
    it. The judge is an LSTM of 128 units, see `zoo.metrics.base.reference_lm`; symbols that are
    unknown to the data's vocabulary do not count.

    Args:
        comparison: a `zoo.metrics.Comparison` of texts.

    Returns:
        `lm_score` in nats per symbol, end symbols included. The standard error is over samples,
        given the judge.

    Source: M. Caccia et al. (2018), arXiv 1811.02549, section 4; S. Semeniuta et al. (2018),
    arXiv 1806.04936.
    """
    judge = reference_lm.trained(comparison.training, comparison.example, comparison.seed)
    value, error = judge.score(comparison.generated)
    unit = f"nats per {comparison.example.vocabulary.level} ({reference_lm.NAME})"
    count, split = comparison.count, comparison.split
    return {"lm_score": Measurement(value, unit, error, count, split, "lower")}
