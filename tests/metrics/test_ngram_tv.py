"""The total variation between n-grams, by hand and against another way to count."""

import collections

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.metrics import ngram_tv

ORDERS = (1, 2, 3, 4)
TEXT = st.lists(st.integers(2, 4), max_size=7).map(tuple)


def values(comparison):
    return [ngram_tv.compare(comparison)[f"ngram_tv_{n}"].value for n in ORDERS]


def by_counters(texts, n):
    counts = collections.Counter(
        text[begin : begin + n] for text in texts for begin in range(len(text) - n + 1)
    )
    return {ngram: count / counts.total() for ngram, count in counts.items()}


def test_by_hand(compare_texts):
    """Tokens 2, 3, 3, 3 against 2, 2, 3, 4; pairs 23, 33 against 22, 34; no larger ones."""
    comparison = compare_texts([(2, 3), (3, 3)], [(2, 2), (3, 4)])
    assert values(comparison) == pytest.approx([0.5, 1.0, 0.0, 0.0])


def test_the_same_texts_in_another_order_do_not_differ(compare_texts):
    texts = [(2, 3, 4, 5, 6), (3, 3), ()]
    assert values(compare_texts(texts, texts[::-1])) == [0, 0, 0, 0]


def test_where_one_side_has_no_ngram_all_differs(compare_texts):
    assert values(compare_texts([(), ()], [(2, 3, 4, 5), ()])) == pytest.approx([1, 1, 1, 1])
    assert values(compare_texts([(2, 3), ()], [(2, 3, 3, 2), ()])) == pytest.approx(
        [0, 2 / 3, 1, 1]
    )
    assert values(compare_texts([(), ()], [(), ()])) == [0, 0, 0, 0]


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=6))
def test_it_is_what_counters_give(compare_texts, pairs):
    generated, real = zip(*pairs, strict=True)
    for n, value in zip(ORDERS, values(compare_texts(generated, real)), strict=True):
        p, q = by_counters(generated, n), by_counters(real, n)
        if p and q:
            terms = [abs(p.get(ngram, 0) - q.get(ngram, 0)) for ngram in {*p, *q}]
            assert value == pytest.approx(sum(terms) / 2, abs=1e-12)


def test_the_standard_error_is_the_spread_of_repeated_measurements(compare_texts):
    """Of texts with other tokens in other shares, whose lengths differ; 150 repetitions."""
    draw = np.random.default_rng(0)

    def texts(shares):
        lengths = draw.integers(2, 9, 100)
        return [tuple(draw.choice(5, length, p=shares) + 2) for length in lengths]

    found = [
        ngram_tv.compare(
            compare_texts(texts([0.5, 0.2, 0.1, 0.1, 0.1]), texts([0.2, 0.3, 0.3, 0.1, 0.1]))
        )
        for _ in range(150)
    ]
    for name, most in (("ngram_tv_1", 1.2), ("ngram_tv_2", 1.6)):  # too large where p is all but q
        spread = np.std([each[name].value for each in found], ddof=1)
        ratio = np.mean([each[name].standard_error for each in found]) / spread
        assert 0.8 < ratio < most  # the spread is known within 6 %


def test_it_falls_with_the_number_of_texts(compare_texts):
    texts = [tuple(row) for row in np.random.default_rng(1).integers(2, 7, [800, 6])]
    few = ngram_tv.compare(compare_texts(texts[:20], texts[20:40]))["ngram_tv_2"]
    many = ngram_tv.compare(compare_texts(texts[:400], texts[400:]))["ngram_tv_2"]
    assert few.value > 2 * many.value
    assert (few.count, many.count) == (20, 400)
    assert few.better == "lower"


def test_one_text_has_no_standard_error(compare_texts):
    found = ngram_tv.compare(compare_texts([(2, 3, 4, 5)], [(2, 4, 3, 5)]))
    assert found["ngram_tv_2"].value == 1
    assert [each.standard_error for each in found.values()] == [None] * 4
