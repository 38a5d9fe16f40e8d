"""How likely held-out texts are under a language model of the samples."""

from zoo.metrics import Measurement
from zoo.metrics.base import reference_lm


def applies(subject) -> bool:
    """Whether the examples are texts."""
    return subject.example.kind == "text"


def compare(comparison) -> dict[str, Measurement]:
    """The negative log-likelihood of real texts by a judge trained on the samples.

        -Σ log Q_judge(x) / Σ length(x), over held-out texts x

    It grows both where samples are unlike texts and where they leave some kinds of text out. The
    judge is an LSTM of 128 units, see `zoo.metrics.base.reference_lm`, which learns from as many
    texts for samples as for the ceiling, in as many steps; symbols that are unknown to the data's
    vocabulary do not count. More samples make a better judge: values at different counts have
    nothing to do with each other.

    Args:
        comparison: a `zoo.metrics.Comparison` of texts.

    Returns:
        `reverse_lm_score` in nats per symbol, end symbols included. The standard error is over
        the held-out texts, given the judge; what another draw of the samples would have taught
        is not in it.

    Source: M. Caccia et al. (2018), arXiv 1811.02549, section 4; S. Semeniuta et al. (2018),
    arXiv 1806.04936.
    """
    judge = reference_lm.train(comparison.generated, comparison.example, comparison.seed)
    value, error = judge.score(comparison.real)
    unit = f"nats per {comparison.example.vocabulary.level} ({reference_lm.NAME})"
    count, split = comparison.count, comparison.split
    return {"reverse_lm_score": Measurement(value, unit, error, count, split, "lower")}
