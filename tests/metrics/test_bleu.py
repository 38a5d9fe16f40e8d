"""BLEU against nltk, and against fast-bleu where that is installed."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

from zoo.data.base.splits import Dataset, Sequences
from zoo.metrics import bleu
from zoo.runs.evaluation import comparisons

METHOD1 = SmoothingFunction().method1
ORDERS = (2, 3, 4, 5)
# Few tokens and short texts: empty, equal and all kinds of nearly equal ones.
TEXT = st.lists(st.integers(2, 5), max_size=9).map(tuple)


def by_nltk(texts, references, n):
    return [sentence_bleu(references, text, [1 / n] * n, METHOD1) for text in texts]


def check(comparison):
    generated, real = comparison.sequences
    measured = bleu.compare(comparison)
    for n in ORDERS:
        expected = by_nltk(generated, real, n)
        assert measured[f"bleu_{n}"].value == pytest.approx(np.mean(expected), abs=1e-9)
    return measured


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=6))
def test_it_is_nltk_s(compare_texts, pairs):
    generated, real = zip(*pairs, strict=True)
    check(compare_texts(generated, real))


def test_it_is_nltk_s_on_captions(compare_texts, captions):
    check(compare_texts(captions[:60], captions[60:120]))


def test_it_is_fast_bleu_s_on_captions(compare_texts, captions):
    fast_bleu = pytest.importorskip("fast_bleu", reason="fast-bleu, built from C++, is not here")
    generated, real = captions[:500], captions[500:1000]
    measured = bleu.compare(compare_texts(generated, real))
    weights = {n: [1 / n] * n for n in ORDERS}
    # fast-bleu works on strings, with weights in single precision.
    scores = fast_bleu.BLEU([list(map(str, t)) for t in real], weights).get_score(
        [list(map(str, t)) for t in generated]
    )
    for n in ORDERS:
        assert measured[f"bleu_{n}"].value == pytest.approx(np.mean(scores[n]), abs=1e-6)


@pytest.mark.parametrize(
    ("text", "references", "expected"),
    [
        ((2, 3), [(2, 3)], 1.0),
        ((2, 2), [(2, 3)], math.sqrt(1 / 2 * 0.1)),  # one of two tokens, no pair
        ((2, 3), [(2, 3, 4)], math.exp(1 - 3 / 2)),  # too short
        ((2, 3, 4), [(2, 3), (4, 5, 2, 3)], math.sqrt(1 * 1 / 2)),  # as close: the shorter one
        ((4, 5), [(2, 3)], 0.0),  # nothing in common
        ((), [(2, 3)], 0.0),
        ((2, 3), [()], 0.0),
    ],
)
def test_bleu_2_by_hand(compare_texts, text, references, expected):
    comparison = compare_texts([text] * len(references), references)
    assert bleu.compare(comparison)["bleu_2"].value == pytest.approx(expected, abs=1e-12)


def test_the_standard_error_is_that_of_a_mean(compare_texts):
    draw = np.random.default_rng(3)
    texts = [tuple(row) for row in draw.integers(2, 12, [100, 9])]
    comparison = compare_texts(texts[:50], texts[50:])
    scores = by_nltk(*comparison.sequences, 3)
    measured = bleu.compare(comparison)["bleu_3"]
    assert measured.standard_error == pytest.approx(np.std(scores, ddof=1) / math.sqrt(50))
    assert bleu.compare(compare_texts(texts[:1], texts[1:2]))["bleu_3"].standard_error is None


def test_the_standard_error_is_the_spread_of_repeated_measurements(compare_texts):
    """With new samples and the same references 100 times; the spread is known within 7 %."""
    draw = np.random.default_rng(0)
    references = [tuple(row) for row in draw.integers(2, 12, [80, 8])]
    found = []
    for _ in range(100):
        samples = [tuple(row) for row in draw.integers(2, 12, [80, 8])]
        found.append(bleu.compare(compare_texts(samples, references))["bleu_3"])
    spread = np.std([m.value for m in found], ddof=1)
    assert np.mean([m.standard_error for m in found]) == pytest.approx(spread, rel=0.25)


def test_the_number_of_references_is_stated_and_that_of_the_ceiling(letters):
    """The splits differ in size; samples and their stand-ins have as many references."""
    draw = np.random.default_rng(1)
    sizes = (40, 12, 30)
    splits = [Sequences(draw.integers(2, 5, [size, 4]).astype(np.int32)) for size in sizes]
    dataset = Dataset(letters, *splits)
    samples, other = comparisons(dataset, "test", lambda n: splits[0].values[:n], 100, 0)
    for comparison in (samples, other):
        measured = bleu.compare(comparison)["bleu_2"]
        assert measured.unit == "from 0 to 1, 12 references"
        assert measured.count == 12


def test_more_references_match_more(compare_texts):
    draw = np.random.default_rng(2)
    texts = [tuple(row) for row in draw.integers(2, 30, [400, 8])]
    few = bleu.compare(compare_texts(texts[:50], texts[50:100]))["bleu_2"].value
    many = bleu.compare(compare_texts(texts[:200], texts[200:]))["bleu_2"].value
    assert many > few + 0.1
