"""How many samples are not copies of training texts."""

import numpy as np

from zoo.metrics import Measurement
from zoo.metrics.base import standard_errors
from zoo.metrics.base.comparison import without_end


def applies(subject) -> bool:
    """Whether the examples are texts."""
    return subject.example.kind == "text"


def compare(comparison) -> dict[str, Measurement]:
    """The share of samples that are not copied from the training texts.

    A text of its own is copied if it is one of them from beginning to end. A window of a running
    text, which may begin anywhere, is copied if half of it or more, in one piece, stands in one
    of the training windows. No copy is missed where those follow one another without a gap.

    It should be that of real texts, the ceiling, which is below 1 where texts are short: lower
    values tell of training texts that were learnt by heart, and noise is always new.

    Args:
        comparison: a `zoo.metrics.Comparison` of texts.

    Returns:
        `novelty`, from 0 to 1. Its standard error is that of a mean over samples: the training
        texts are given.
    """
    generated, _ = comparison.sequences
    training = without_end(comparison.training, comparison.example.vocabulary.end)
    size = (comparison.example.length + 1) // 2 if comparison.example.running else None
    known = {piece for text in training for piece in _pieces(text, size)}
    new = np.array([known.isdisjoint(_pieces(text, size)) for text in generated], np.float64)
    error = standard_errors.of_mean(new)
    measurement = Measurement(
        float(np.mean(new)), "share of samples", error, comparison.count, comparison.split
    )
    return {"novelty": measurement}


def _pieces(text, size):
    """All stretches of so many symbols, or the whole text for None, each as a short string."""
    text = "".join(map(chr, text))
    return [text] if size is None else [text[i : i + size] for i in range(len(text) - size + 1)]
