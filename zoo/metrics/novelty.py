"""Share of samples that are not copies of training texts."""

import numpy as np

from zoo.metrics import Comparison, Measurement, SampleMetric
from zoo.metrics.base import standard_errors
from zoo.metrics.base.comparison import without_end
from zoo.metrics.base.contracts import is_text

_AT_ONCE = 10_000  # training texts: a large corpus as Python objects does not fit in memory


def compare(comparison: Comparison) -> dict[str, Measurement]:
    """Computes the share of samples that are not copied from the training texts.

    A separate text counts as copied if it equals a training text. A window of a corpus, which may
    start anywhere, counts as copied if a contiguous half of it or more occurs in one of the
    training windows. No copy is missed if those follow each other without a gap.

    Texts that training draws by their weights count however rare they are.

    The target is the novelty of real texts, the ceiling, which is below 1 for short texts: lower
    values reveal memorised training texts, and noise is always novel.

    Args:
        comparison: a `zoo.metrics.Comparison` of texts.

    Returns:
        `novelty`, from 0 to 1. Its standard error is that of a mean over samples, given the
        training texts.
    """
    generated, _ = comparison.sequences
    rows = comparison.training if comparison.rows is None else comparison.rows
    training = _texts(rows, comparison.domain.vocabulary.end)
    size = (comparison.domain.length + 1) // 2 if comparison.domain.contiguous else None
    sought = {piece for text in generated for piece in _pieces(text, size)}
    known = sought.intersection(piece for text in training for piece in _pieces(text, size))
    new = np.array([known.isdisjoint(_pieces(text, size)) for text in generated], np.float64)
    error = standard_errors.of_mean(new)
    measurement = Measurement(
        float(np.mean(new)), "share of samples", error, comparison.count, comparison.split
    )
    return {"novelty": measurement}


METRIC = SampleMetric(is_text, compare)


def _texts(rows, end):
    """Yields the training texts, tuples of tokens."""
    for start in range(0, len(rows), _AT_ONCE):
        yield from without_end(rows[start : start + _AT_ONCE], end)


def _pieces(text, size):
    """All pieces of `size` tokens, or the whole text for None, each as a short string."""
    text = "".join(map(chr, text))
    return [text] if size is None else [text[i : i + size] for i in range(len(text) - size + 1)]
