"""The total variation between lengths, by hand."""

import numpy as np
import pytest

from zoo.metrics import length_tv


def measure(compare_texts, generated, real):
    texts = [[(2,) * length for length in lengths] for lengths in (generated, real)]
    return length_tv.compare(compare_texts(*texts))["length_tv"]


@pytest.mark.parametrize(
    ("generated", "real", "expected"),
    [
        ([2, 2, 2, 2], [2, 2, 2, 2], 0),
        ([1, 2, 3, 0], [3, 0, 2, 1], 0),
        ([2, 2, 2, 5], [2, 2, 5, 5], 1 / 4),
        ([0, 0], [4, 4], 1),
        ([0, 0], [0, 0], 0),
    ],
)
def test_by_hand(compare_texts, generated, real, expected):
    assert measure(compare_texts, generated, real).value == pytest.approx(expected)


def test_what_the_tokens_are_does_not_matter(compare_texts):
    comparison = compare_texts([(2, 3), (4,)], [(5,), (6, 7)])
    assert length_tv.compare(comparison)["length_tv"].value == 0


def test_the_standard_error_is_that_of_shares(compare_texts):
    """Of two lengths the total variation is the difference of two shares."""
    generated, real = [1] * 30 + [2] * 70, [1] * 60 + [2] * 40
    expected = np.sqrt((0.3 * 0.7 + 0.6 * 0.4) / 99)
    measured = measure(compare_texts, generated, real)
    assert measured.value == pytest.approx(0.3)
    assert measured.standard_error == pytest.approx(expected)
    assert measured.count == 100


def test_it_applies_to_texts_of_their_own(compare_texts, digit):
    texts = [(2, 3)]
    assert length_tv.METRIC.accepts(compare_texts(texts, texts).domain)
    assert not length_tv.METRIC.accepts(compare_texts(texts, texts, contiguous=True).domain)
    assert not length_tv.METRIC.accepts(digit)


def test_one_text_has_no_standard_error(compare_texts):
    assert measure(compare_texts, [2], [3]).standard_error is None
