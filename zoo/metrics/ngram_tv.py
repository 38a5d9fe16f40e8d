"""How far the n-grams of samples are distributed as those of real texts."""

from zoo.metrics import Measurement
from zoo.metrics.base import ngrams, total_variation

ORDERS = (1, 2, 3, 4)


def applies(subject) -> bool:
    """Whether the examples are texts."""
    return subject.example.kind == "text"


def compare(comparison) -> dict[str, Measurement]:
    """The total variation between the n-grams of samples and of real texts, 1/2 Σ_g |p(g) - q(g)|.

    p(g) is the share of n-gram g among all n-grams of the samples, q(g) that among those of the
    real texts. It falls with the number of examples, also between real texts: the ceiling, here
    a least value, has the same number.

    Args:
        comparison: a `zoo.metrics.Comparison` of texts.

    Returns:
        `ngram_tv_1` to `ngram_tv_4`, from 0 to 1. Standard errors, by the delta method, are over
        samples and real texts; they are up to a half too large where the two hardly differ.
    """
    generated, real = comparison.sequences
    measured = {}
    orders = ngrams.occurrences([*generated, *real], ORDERS[-1])
    for n, occurrences in zip(ORDERS, orders, strict=True):
        value, error = total_variation.between(occurrences, comparison.count)
        measured[f"ngram_tv_{n}"] = Measurement(
            value, "from 0 to 1", error, comparison.count, comparison.split, "lower"
        )
    return measured
