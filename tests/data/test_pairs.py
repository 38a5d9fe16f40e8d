"""Pairs of tokens: their vocabulary is the table's, and training draws from the table itself."""

import numpy as np
import pytest

from zoo import spec
from zoo.errors import DataError
from zoo.runs.run_folder import RunFolder
from zoo.tokenizers.vocabulary import ABSENT

JOINT = [[0.4, 0.0, 0.1, 0.05], [0.2, 0.15, 0.0, 0.1]]


def build(joint=JOINT):
    return spec.build("data", f"pairs(joint={joint})", None)


def test_the_alphabet_is_the_table_s_and_no_more():
    domain = build().domain
    assert domain.vocabulary.tokens == ("0", "1", "2", "3")  # as many as columns
    assert domain.vocabulary.unknown == domain.vocabulary.end == ABSENT
    assert domain.length == 2
    assert build([[0.5], [0.3], [0.2]]).domain.vocabulary.size == 3  # as many as rows


def test_draws_follow_the_table():
    """Shares of 100,000 draws, within 5 standard errors; what is impossible never comes."""
    count = 100_000
    drawn = build().train.batch(7, count, seed=3).numpy()
    shares = np.zeros((2, 4))
    np.add.at(shares, tuple(drawn.T), 1 / count)
    expected = np.array(JOINT)
    errors = np.sqrt(expected * (1 - expected) / count)
    assert np.all(np.abs(shares - expected) <= 5 * errors)


def test_every_step_draws_anew():
    train = build().train
    first, second = train.batch(0, 50, seed=0), train.batch(1, 50, seed=0)
    assert np.any(first != second)


def test_held_out_data_is_the_table_itself():
    data = build()
    for split in (data.validation, data.test):
        assert split.exact
        table = np.zeros((2, 4))
        table[tuple(split.values.T)] = split.weights
        np.testing.assert_allclose(table, JOINT, rtol=1e-12)


def test_it_knows_the_probability_of_every_pair():
    """-inf for what does not occur, and for tokens that the table has no row for."""
    expected = np.zeros((4, 4))
    expected[:2] = JOINT
    cells = np.argwhere(np.ones((4, 4))).astype(np.int32)
    log_prob = build().log_prob(cells).numpy()
    assert log_prob.dtype == np.float64
    np.testing.assert_allclose(np.exp(log_prob), expected.ravel(), rtol=1e-12)


def test_its_domain_comes_back_from_a_run_folder(tmp_path):
    folder, domain = RunFolder(tmp_path), build().domain
    folder.create()
    folder.write({}, domain)
    _, recorded = folder.read()
    assert recorded.vocabulary.tokens == domain.vocabulary.tokens
    assert recorded.vocabulary.end == ABSENT
    assert (recorded.length, recorded.contiguous) == (2, False)


@pytest.mark.parametrize(
    ("joint", "words"),
    [
        ([], "they have"),
        ([[]], "they have"),
        ([[0.5, 0.1], [0.4]], r"they have \[1, 2\]"),
        ([[0.5, 0.6]], "its sum 1.1"),
        ([[1.5, -0.5]], "its least number is -0.5"),
    ],
)
def test_what_is_no_table_is_refused(joint, words):
    with pytest.raises(DataError, match=words):
        build(joint)
