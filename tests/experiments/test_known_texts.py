"""What is done to texts of which every probability is known."""

import itertools

import numpy as np
import pytest

from experiments import known_texts
from zoo import spec

SIZE, LENGTH = 20, 6


@pytest.fixture(scope="module")
def data():
    return spec.build("data", f"oracle(vocabulary_size={SIZE}, length={LENGTH}, count=40)", None)


def every_last(tokens):
    """Copies of one text, [length], with each token as the last."""
    every = np.repeat(tokens[None], SIZE, axis=0)
    every[:, -1] = range(SIZE)
    return every


def test_the_nats_of_all_positions_are_those_of_the_text(data):
    tokens = data.test.values[:10]
    nats = known_texts.nats_by_position(data.log_prob, tokens)
    assert nats.shape == (10, LENGTH)
    np.testing.assert_allclose(nats.sum(axis=1), -data.log_prob(tokens), rtol=1e-5)
    # The nats of a position are of what P says given the tokens before it: they sum to one.
    shares = np.exp(-known_texts.nats_by_position(data.log_prob, every_last(tokens[0, :3]))[:, 2])
    assert shares.sum() == pytest.approx(1, rel=1e-5)


def test_the_disturbance_is_the_unlikeliest_token_and_the_only_change(data):
    tokens = data.test.values[:10]
    changed = known_texts.disturbed(data.log_prob, tokens, 3, SIZE)
    assert changed.shape == (10, 4)
    np.testing.assert_array_equal(changed[:, :3], tokens[:, :3])
    for row in changed:
        assert np.argmin(data.log_prob(every_last(row))) == row[3]


def test_texts_are_continued_by_draws_from_what_is_known(data):
    begin = np.repeat(data.test.values[:1, :2], 4000, axis=0)
    texts = known_texts.continued(data.log_prob, begin, 4, SIZE, seed=0)
    assert texts.shape == (4000, 4)
    np.testing.assert_array_equal(texts[:, :2], begin)
    pairs = np.array([*itertools.product(range(SIZE), repeat=2)], np.int32)
    log_p = data.log_prob(np.concatenate([np.repeat(begin[:1], len(pairs), axis=0), pairs], -1))
    expected = np.exp(log_p - data.log_prob(begin[:1]))
    assert expected.sum() == pytest.approx(1, rel=1e-5)
    found = np.bincount(texts[:, 2] * SIZE + texts[:, 3], minlength=len(pairs)) / len(texts)
    errors = np.sqrt(expected * (1 - expected) / len(texts))
    assert np.max(np.abs(found - expected) / (errors + 1 / len(texts))) < 4


def test_the_marginals_are_those_of_the_texts_and_nothing_depends_on_anything():
    tokens = np.array([[0, 0], [0, 1], [1, 1], [1, 1]], np.int32)
    product = known_texts.Marginals(tokens, 2)
    every = np.array([*itertools.product(range(2), repeat=2)])
    expected = np.array([0.5 * 0.25, 0.5 * 0.75, 0.5 * 0.25, 0.5 * 0.75])
    np.testing.assert_allclose(np.exp(product.log_prob(every)), expected, rtol=1e-12)
    drawn = product.draw(10_000, seed=0)
    found = np.bincount(drawn[:, 0] * 2 + drawn[:, 1], minlength=4) / len(drawn)
    np.testing.assert_allclose(found, expected, atol=4 * 0.005)  # four standard errors
    assert product.log_prob(np.array([[0, 0]])).shape == (1,)


def test_what_never_occurs_has_no_probability():
    product = known_texts.Marginals(np.zeros([3, 2], np.int32), 2)
    assert product.log_prob(np.array([[0, 1]]))[0] == -np.inf
