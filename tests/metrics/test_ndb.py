"""The number of statistically different bins: hand-worked tables and a test that SciPy has."""

import numpy as np
import pytest
import scipy.stats

from zoo import domains, spec
from zoo.metrics import Comparison, ndb


@pytest.fixture(scope="module")
def dataset():
    return spec.build("data", "mnist_5k", None)


def measure(dataset, generated, real, seed=0):
    training = dataset.train.at(np.arange(1000)).numpy()
    made = Comparison(dataset.domain, generated, real, training, "test", seed)
    return ndb.compare(made)["ndb"]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([50, 50], [50, 50], 0),
        # Pooled 0.45, deviation √(0.45 · 0.55 · 2/100) = 0.0704: 0.10 is 1.42 of them.
        ([50, 50], [40, 60], 0),
        # Pooled 0.40, deviation √(0.4 · 0.6 · 2/100) = 0.0693: 0.20 is 2.89 of them.
        ([50, 50], [30, 70], 2),
        # The first two bins as before, the third the same in both.
        ([50, 0, 50], [30, 20, 50], 2),
        # An empty bin is not different.
        ([100, 0, 0], [100, 0, 0], 0),
        # More of one: pooled 0.02, deviation √(0.02 · 0.98 (1/100 + 1/900)) = 0.0148.
        ([95, 5], [885, 15], 2),
        ([96, 4], [885, 15], 0),
    ],
)
def test_by_hand(a, b, expected):
    assert ndb.num_different(np.array(a), np.array(b)) == expected


def test_it_is_the_chi_squared_test_of_each_bin():
    draw = np.random.default_rng(0)
    a, b = draw.multinomial(1000, draw.dirichlet(np.ones(40), 2))
    tables = [[[x, 1000 - x], [y, 1000 - y]] for x, y in zip(a, b, strict=True)]
    p_values = [scipy.stats.chi2_contingency(table, correction=False)[1] for table in tables]
    assert ndb.num_different(a, b) == np.sum(np.array(p_values) < 0.05)


def test_a_twentieth_differs_by_chance():
    """The mean of 1,000 pairs, to 4 standard errors; many at once answer as one by one."""
    draw = np.random.default_rng(0)
    a, b = draw.multinomial(10_000, np.full(100, 0.01), [2, 1000])
    found = ndb.num_different(a, b)
    assert found.shape == (1000,)
    assert found[7] == ndb.num_different(a[7], b[7])
    assert abs(found.mean() - 5) < 4 * found.std() / 1000**0.5


def test_real_digits_differ_by_chance_and_those_of_one_class_do_not(dataset):
    real, other = (part.at(np.arange(500)).numpy() for part in (dataset.test, dataset.validation))
    alike, collapsed = (
        measure(dataset, other, real),
        measure(dataset, real[:1].repeat(500, 0), real),
    )
    assert alike.unit == "of 50 bins, 2.5 by chance"
    assert alike.value < 2.5 + 3 * 2.5**0.5
    assert collapsed.value > 35
    ones = dataset.train.at(np.flatnonzero(dataset.train.labels == 1)).numpy()
    assert measure(dataset, np.concatenate([ones, ones])[:500], real).value > 25
    assert (alike.count, alike.split, alike.better) == (500, "test", "lower")


def test_the_standard_error_is_that_of_new_draws(dataset):
    """Between 1 and 2 times the spread over 12 pairs of real sets, whose bins are the same."""
    train = dataset.train.at(np.random.default_rng(0).permutation(4000)[:3600]).numpy()
    found = [measure(dataset, a, b) for a, b in train.reshape(12, 2, 150, 28, 28, 1)]
    ratio = np.mean([each.standard_error for each in found]) / np.std([m.value for m in found])
    assert 0.8 < ratio < 2.5


def test_the_seed_decides(dataset):
    images = [dataset.test.at(np.arange(first, first + 250)).numpy() for first in (0, 250)]
    assert measure(dataset, *images) == measure(dataset, *images)


def test_it_applies_to_images(letters, digit):
    assert ndb.METRIC.accepts(digit)
    assert ndb.METRIC.accepts(domains.Image((8, 8, 3)))
    assert not ndb.METRIC.accepts(letters)
