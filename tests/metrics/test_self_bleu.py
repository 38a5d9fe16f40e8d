"""Self-BLEU against nltk, and against fast-bleu where that is installed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

from zoo.errors import SpecError
from zoo.metrics import self_bleu

METHOD1 = SmoothingFunction().method1
ORDERS = (2, 3, 4, 5)
TEXT = st.lists(st.integers(2, 5), max_size=9).map(tuple)


def measure(compare_texts, texts):
    return self_bleu.compare(compare_texts(texts, texts))


def by_nltk(texts, n):
    """Each text against the list of the others, which is built anew for it."""
    return [
        sentence_bleu([*texts[:i], *texts[i + 1 :]], text, [1 / n] * n, METHOD1)
        for i, text in enumerate(texts)
    ]


def check(measured, texts):
    for n in ORDERS:
        value = measured[f"self_bleu_{n}"].value
        assert value == pytest.approx(np.mean(by_nltk(texts, n)), abs=1e-9)


@settings(deadline=None, max_examples=100)
@given(st.lists(TEXT, min_size=2, max_size=7))
def test_it_is_nltk_s(compare_texts, texts):
    check(measure(compare_texts, texts), texts)


def test_it_is_nltk_s_on_captions(compare_texts, captions):
    check(measure(compare_texts, captions[:60]), captions[:60])


def test_it_is_fast_bleu_s_on_captions(compare_texts, captions):
    fast_bleu = pytest.importorskip("fast_bleu", reason="fast-bleu, built from C++, is not here")
    measured = measure(compare_texts, captions[:500])
    strings = [list(map(str, text)) for text in captions[:500]]
    # fast-bleu has its weights in single precision.
    scores = fast_bleu.SelfBLEU(strings, {n: [1 / n] * n for n in ORDERS}).get_score()
    for n in ORDERS:
        assert measured[f"self_bleu_{n}"].value == pytest.approx(np.mean(scores[n]), abs=1e-6)


def test_a_sample_is_no_reference_of_its_own_but_an_equal_one_is(compare_texts):
    apart = [(2, 3, 4, 5, 6), (7, 8, 9, 10, 11), (12, 13, 14, 15, 16)]
    assert measure(compare_texts, apart)["self_bleu_2"].value == 0
    twice = measure(compare_texts, [apart[0], apart[0], apart[1]])
    assert twice["self_bleu_5"].value == pytest.approx(2 / 3)


def test_another_set_of_samples_in_the_same_process_has_its_own_figures(compare_texts):
    rows = np.random.default_rng(2).integers(2, 12, [2, 30, 9]).tolist()
    sets = [[tuple(row) for row in part] for part in (*rows, rows[0])]
    first, second, again = (measure(compare_texts, texts) for texts in sets)
    check(second, sets[1])
    assert first == again
    assert all(first[name].value != second[name].value for name in first)


def test_the_number_of_references_is_one_less_than_that_of_samples(compare_texts):
    measured = measure(compare_texts, [(2, 3), (3, 4), (4, 5)])["self_bleu_2"]
    assert measured.unit == "from 0 to 1, 2 references"
    assert measured.count == 3
    assert measured.better is None


def test_one_sample_is_refused(compare_texts):
    with pytest.raises(SpecError, match="self_bleu needs at least 2 samples"):
        measure(compare_texts, [(2, 3)])


def test_the_standard_error_is_the_jackknife_s(compare_texts):
    """By measuring all samples but one, for each one; lengths are equal, penalties too."""
    texts = [tuple(row) for row in np.random.default_rng(0).integers(2, 6, [30, 7])]
    measured = measure(compare_texts, texts)
    rest = [measure(compare_texts, [*texts[:i], *texts[i + 1 :]]) for i in range(30)]
    for name, measurement in measured.items():
        expected = np.std([each[name].value for each in rest]) * np.sqrt(29)
        assert measurement.standard_error == pytest.approx(expected, rel=1e-9)


def test_the_standard_error_covers_the_spread_of_repeated_measurements(compare_texts):
    """The jackknife's is on average no smaller, on captions by a fifth larger; 100 repetitions."""
    draw = np.random.default_rng(1)
    found = [
        measure(compare_texts, [tuple(row) for row in np.minimum(draw.zipf(1.5, [60, 8]) + 1, 50)])
        for _ in range(100)
    ]
    for name in ("self_bleu_2", "self_bleu_4"):
        spread = np.std([each[name].value for each in found], ddof=1)
        ratio = np.mean([each[name].standard_error for each in found]) / spread
        assert 0.8 < ratio < 1.6  # the spread is known within 7 %


def test_two_samples_have_no_standard_error(compare_texts):
    assert measure(compare_texts, [(2, 3), (2, 4)])["self_bleu_2"].standard_error is None
