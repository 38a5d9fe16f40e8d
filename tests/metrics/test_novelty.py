"""Copies of training texts, by hand."""

import dataclasses

import numpy as np
import pytest

from zoo import spec
from zoo.metrics import novelty


def measure(compare_texts, generated, training, **kwargs):
    return novelty.compare(compare_texts(generated, generated, training, **kwargs))["novelty"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ((2, 3, 4), 0),
        ((2, 3), 1),  # only the prefix of one
        ((2, 3, 4, 5), 1),  # one and more
        ((4, 3, 2), 1),
        ((), 1),
    ],
)
def test_a_text_is_copied_as_a_whole(compare_texts, text, expected):
    assert measure(compare_texts, [text], [(2, 3, 4), (5, 6)]).value == expected


def test_an_empty_text_is_copied_where_training_has_one(compare_texts):
    assert measure(compare_texts, [()], [(2, 3), ()]).value == 0


def test_a_text_that_is_seldom_drawn_is_copied_all_the_same(compare_texts):
    made = compare_texts([(2, 3), (3, 2)], [(2, 3), (3, 2)], [(2, 3), (2, 3)])
    rows = compare_texts([()], [()], [(2, 3), (3, 2)]).training
    assert novelty.compare(made)["novelty"].value == 0.5
    assert novelty.compare(dataclasses.replace(made, rows=rows))["novelty"].value == 0


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ((2, 3, 4, 5), 0),
        ((9, 2, 3, 9), 0),  # half of it, anywhere
        ((3, 4, 9, 9), 0),
        ((2, 9, 4, 9), 1),
        ((5, 6, 6, 5), 1),  # training windows need not follow one another
    ],
)
def test_a_window_is_copied_if_half_of_it_is(compare_texts, window, expected):
    training = [(2, 3, 4, 5), (6, 7, 8, 9)]
    assert measure(compare_texts, [window], training, contiguous=True).value == expected


@pytest.mark.parametrize("length", [6, 7])
def test_no_copy_is_missed_where_training_windows_follow_one_another(compare_texts, length):
    text = np.random.default_rng(0).integers(2, 50, length * 40)
    training = [tuple(row) for row in text.reshape(-1, length)]
    copies = [tuple(text[i : i + length]) for i in range(len(text) - length + 1)]
    assert measure(compare_texts, copies, training, contiguous=True).value == 0


def test_the_standard_error_is_that_of_a_share(compare_texts):
    generated = [(2, 3)] * 6 + [(3, 2)] * 14
    measured = measure(compare_texts, generated, [(2, 3)])
    assert measured.value == pytest.approx(0.7)
    assert measured.standard_error == pytest.approx(np.sqrt(0.7 * 0.3 / 19))
    assert measured.count == 20


def test_pairs_without_an_end_token(compare_texts):
    data = spec.build("data", "pairs(joint=[[0.5, 0.0], [0.0, 0.5]])", None)
    comparison = compare_texts([(2, 3)] * 4, [(2, 3)] * 4)
    comparison = dataclasses.replace(
        comparison,
        domain=data.domain,
        generated=np.array([[0, 0], [0, 1], [1, 1], [1, 0]], np.int32),
        training=data.train.values,
    )
    assert novelty.compare(comparison)["novelty"].value == 0.5
