"""Precision, recall, density and coverage: the values of the package prdc, and spreads."""

import numpy as np
import prdc
import pytest

from zoo import domains, spec
from zoo.errors import SpecError
from zoo.metrics import Comparison, manifold
from zoo.metrics.base import distances, lenet

DOMAIN = domains.Image((28, 28, 1), digits=True)


@pytest.fixture(scope="module")
def digits():
    train = spec.build("data", "mnist_5k", None).train
    return train.at(np.random.default_rng(0).permutation(len(train))).numpy()


def figures(generated, real):
    return manifold.figures(generated, real, distances.radii(real, manifold.NEIGHBOURS))


def values(found):
    return {name: value for name, (value, _) in found.items()}


@pytest.mark.parametrize("scale", [0.3, 1.0, 1.5])
@pytest.mark.parametrize("count", [7, 300, 1101])
def test_random_features_have_the_values_of_prdc(count, scale):
    """1,101 rows are more than are multiplied at once."""
    draw = np.random.default_rng(0)
    real, generated = draw.normal(size=[count, 8]), scale * draw.normal(size=[count, 8]) + 0.3
    expected = prdc.compute_prdc(real, generated, nearest_k=5)
    assert values(figures(generated, real)) == pytest.approx(expected, abs=1e-12)


def test_digits_have_the_values_of_prdc(digits):
    generated, real = np.clip(digits[:800] * 0.7 + 0.1, 0, 1), digits[800:1600]
    expected = prdc.compute_prdc(lenet.features(real), lenet.features(generated), nearest_k=5)
    measured = manifold.compare(Comparison(DOMAIN, generated, real, real[:1], "test", 0))
    assert {name: each.value for name, each in measured.items()} == pytest.approx(expected)
    assert all((each.count, each.split) == (800, "test") for each in measured.values())
    assert [each.better for each in measured.values()] == ["higher", "higher", None, "higher"]


def test_by_hand():
    """Real examples 0 to 9, whose spheres have the radii 5, 4, 3, 3, 3, 3, 3, 3, 4, 5."""
    real = np.arange(10.0)[:, None]
    generated = np.array([0, 0, 0, 0, 0, 0, 4.5, 4.5, 20, 20.0])[:, None]
    found = values(figures(generated, real))
    assert found["precision"] == 0.8  # all but those at 20
    # 0 is in the spheres of 0, 1 and 2, 4.5 in all of them.
    assert found["density"] == pytest.approx((6 * 3 + 2 * 10) / 10 / 5)
    assert found["coverage"] == 1
    # The spheres about 0 are points; those about 4.5 and 20 end at 0, which no sphere holds.
    assert found["recall"] == 0.9


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_the_standard_errors_are_about_the_spread_of_repeated_measurements(shift):
    """None is too small by more than a fifth, nor twice too large; 100 repetitions, 7 %."""

    def repetition(seed):
        draw = np.random.default_rng(seed)
        return figures(draw.normal(shift, size=[200, 6]), draw.normal(size=[200, 6]))

    found = [repetition(seed) for seed in range(100)]
    for name in found[0]:
        each, errors = np.array([repetition[name] for repetition in found]).T
        assert 0.8 < np.mean(errors) / np.std(each) < 2, name


def test_the_standard_errors_are_of_n_minus_one():
    """By hand: no row loses its hit with a column, and half of eight rows have one."""
    hits = np.repeat([[True] * 8, [False] * 8], 4, axis=0)
    share, error = manifold.share_hit(hits)
    assert share == 0.5
    assert error == pytest.approx(np.sqrt(0.5 * 0.5 / 7))
    # All four hits are of one column of eight: √(7/8 · (1/2² - 1/2²/8)) = 7/16.
    _, error = manifold.share_hit(hits & (np.arange(8) == 3))
    assert error == pytest.approx(np.hypot(0.5 / np.sqrt(7), 7 / 16))
    density, error = manifold.density(hits)
    assert density == pytest.approx(0.5 * 8 / manifold.NEIGHBOURS)
    assert error == pytest.approx(8 / manifold.NEIGHBOURS * np.sqrt(0.5 * 0.5 / 7))


def test_as_many_samples_as_neighbours_are_too_few(digits):
    with pytest.raises(SpecError, match="manifold needs at least 6"):
        manifold.compare(Comparison(DOMAIN, *[digits[:5]] * 3, "test", 0))


def test_it_applies_to_digits_only():
    for digits, expected in ((True, True), (False, False)):
        domain = domains.Image((28, 28, 1), digits=digits)
        assert manifold.METRIC.accepts(domain) == expected
