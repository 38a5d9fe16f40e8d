"""Markov chains: probabilities by enumeration and by hand, and frequencies of draws."""

import numpy as np
import pytest
import tensorflow as tf

from zoo import spec
from zoo.data import markov
from zoo.errors import DataError
from zoo.theory.chains import all_texts


def build(text):
    return spec.build("data", text, None)


def test_probabilities_of_all_texts_have_the_sum_one():
    log_p = build("markov(count=1)").log_prob(tf.constant(all_texts(5, 5))).numpy()
    assert log_p.dtype == np.float64
    np.testing.assert_allclose(np.exp(log_p).sum(), 1, rtol=1e-12)


def test_a_text_s_probability_is_the_product_of_its_tokens_given_the_last_three():
    tables = markov.random_tables(3, 5, 1.5, seed=2)
    a, b, c, d, e = text = [4, 0, 2, 2, 1]
    expected = tables[0][a] + tables[1][a, b] + tables[2][a, b, c]
    expected += tables[3][a, b, c, d] + tables[3][b, c, d, e]
    found = build("markov(seed=2, count=1)").log_prob(tf.constant([text]))
    np.testing.assert_allclose(found, [expected], rtol=1e-12)


def test_frequencies_of_texts_are_their_probabilities():
    """Of 60,000 draws of 81 texts, within 5 standard errors."""
    data = build("markov(order=2, vocabulary_size=3, length=4, count=20000, seed=1)")
    p = np.exp(data.log_prob(tf.constant(all_texts(3, 4))))
    drawn = np.concatenate([data.split(name).values for name in ("train", "validation", "test")])
    shares = np.bincount(drawn @ [27, 9, 3, 1], minlength=81) / len(drawn)
    assert drawn.dtype == np.int32
    assert np.all(np.abs(shares - p) <= 5 * np.sqrt(p * (1 - p) / len(drawn)))


def test_the_seed_decides_probabilities_and_texts():
    first, again, other = (build(f"markov(seed={seed}, count=50)") for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.test.values, again.test.values)
    texts = tf.constant(first.test.values)
    np.testing.assert_array_equal(first.log_prob(texts), again.log_prob(texts))
    assert np.abs(first.log_prob(texts) - other.log_prob(texts)).max() > 1
    assert np.any(first.train.values != first.test.values)


def test_without_an_order_tokens_are_independent_and_without_a_scale_uniform():
    texts = tf.constant(all_texts(3, 2))
    log_p = build("markov(order=0, vocabulary_size=3, length=2, count=1)").log_prob(texts).numpy()
    table = np.exp(log_p).reshape(3, 3)
    np.testing.assert_allclose(table, np.outer(table.sum(axis=1), table.sum(axis=0)), rtol=1e-12)
    uniform = build("markov(vocabulary_size=3, length=2, scale=0.0, count=1)").log_prob(texts)
    np.testing.assert_allclose(uniform, np.full(9, -np.log(9)), rtol=1e-12)


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("vocabulary_size=0", "vocabulary_size=0 should be at least 1"),
        ("length=0", "length=0 should be at least 1"),
        ("count=0", "count=0 should be at least 1"),
        ("order=-1", "order=-1 should be at least 0"),
        ("scale=-1.0", "scale=-1.0 should be at least 0"),
        ("seed=-1", "seed=-1 should be at least 0"),
        ("order=20", "give a lower order or fewer tokens"),
    ],
)
def test_numbers_out_of_range_are_refused(argument, words):
    with pytest.raises(DataError, match=words):
        build(f"markov({argument})")
