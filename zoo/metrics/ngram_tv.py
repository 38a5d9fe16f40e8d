"""Total variation between the n-grams of samples and of real texts."""

from zoo.metrics import Comparison, Measurement, SampleMetric
from zoo.metrics.base import ngrams, total_variation
from zoo.metrics.base.contracts import is_text

ORDERS = (1, 2, 3, 4)


def compare(comparison: Comparison) -> dict[str, Measurement]:
    """Computes 1/2 Σ_g |p(g) - q(g)| for the n-grams g of samples and of real texts.

    p(g) is the relative frequency of n-gram g in the samples, q(g) that in the real texts. The
    value falls with the number of examples, also between real texts: the ceiling, here a lower
    limit, has the same number.

    Args:
        comparison: a `zoo.metrics.Comparison` of texts.

    Returns:
        `ngram_tv_1` to `ngram_tv_4`, from 0 to 1. Standard errors, by the delta method, are over
        samples and real texts; they are up to a half too large for nearly equal distributions.
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


METRIC = SampleMetric(is_text, compare)
