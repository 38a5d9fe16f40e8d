"""Repetition within samples, by hand."""

import numpy as np
import pytest

from zoo.metrics import repetition

LOOP = (2, 3) * 5  # seven 4-grams, two of them different


def measure(compare_texts, texts):
    return repetition.compare(compare_texts(texts, texts))["repetition"]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([(2, 3, 4, 5, 6, 7)], 0),
        ([(2,) * 7], 3 / 4),
        ([LOOP], 5 / 7),
        ([(2, 3, 4, 5, 2, 3, 4, 5)], 1 / 5),
        ([LOOP, (2, 3, 4, 5)], 5 / 14),  # a mean over texts, not over 4-grams
        ([(2, 3, 4, 5, 6), (2, 3, 4, 5, 6)], 0),  # not between texts
        ([(2, 2, 2), (), (2, 2)], 0),  # too short to repeat anything
    ],
)
def test_by_hand(compare_texts, texts, expected):
    assert measure(compare_texts, texts).value == pytest.approx(expected)


def test_the_standard_error_is_that_of_a_mean(compare_texts):
    measured = measure(compare_texts, [LOOP, (2, 3, 4, 5), (2,) * 7])
    shares = [5 / 7, 0, 3 / 4]
    assert measured.standard_error == pytest.approx(np.std(shares, ddof=1) / np.sqrt(3))
    assert measured.count == 3
    assert measure(compare_texts, [LOOP]).standard_error is None
