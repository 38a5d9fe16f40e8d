"""The Fréchet distance on the LeNet's features: SciPy's values, and how they depend on counts."""

import numpy as np
import pytest
import scipy.linalg

from zoo import domains, spec
from zoo.errors import SpecError
from zoo.metrics import Comparison, lenet_fd
from zoo.metrics.base import lenet

DOMAIN = domains.Image((28, 28, 1), digits=True)


@pytest.fixture(scope="module")
def digits():
    """The 5,000 digits in an order without classes."""
    train = spec.build("data", "mnist_5k", None).train
    return train.at(np.random.default_rng(0).permutation(len(train))).numpy()


def measure(generated, real):
    made = Comparison(DOMAIN, generated, real, real[:1], "test", 0)
    return lenet_fd.compare(made)["lenet_fd"]


def test_it_is_the_formula_with_scipy_s_square_root_of_a_matrix(digits):
    generated, real = np.clip(digits[:1000] * 1.5, 0, 1), digits[1000:2000]
    a, b = (lenet.features(images).astype(np.float64) for images in (generated, real))
    covariances = np.cov(a.T), np.cov(b.T)
    alive = (a.std(0) > 0) & (b.std(0) > 0)  # units that are 0 throughout make a singular matrix
    root = scipy.linalg.sqrtm(np.matmul(*(each[alive][:, alive] for each in covariances)))
    expected = np.sum((a.mean(0) - b.mean(0)) ** 2)
    expected += np.trace(covariances[0] + covariances[1]) - 2 * np.trace(root).real
    measured = measure(generated, real)
    assert measured.value == pytest.approx(expected, rel=1e-6)
    assert (measured.count, measured.split, measured.better) == (1000, "test", "lower")


def test_of_a_set_to_itself_it_is_nothing(digits):
    assert measure(digits[:100], digits[:100]).value == pytest.approx(0, abs=1e-4)  # of 500


def test_real_images_are_further_from_real_images_where_there_are_fewer(digits):
    """By about 1 / count: values at different counts have nothing to do with each other."""
    by_count = {}
    for count in (125, 500, 2000):
        pairs = digits[: 4000 // (2 * count) * 2 * count].reshape(-1, 2, count, 28, 28, 1)[:4]
        by_count[count] = np.mean([measure(a, b).value for a, b in pairs])
    values = list(by_count.values())
    assert values == sorted(values, reverse=True)
    assert 8 < by_count[125] / by_count[2000] < 32  # 16 if it were just 1 / count


def test_the_standard_error_is_the_spread_of_repeated_measurements(digits):
    """Within a half: 20 repetitions know their spread to a sixth, and bootstraps are too wide."""
    pairs = digits.reshape(20, 2, 100, 28, 28, 1)
    found = [measure(np.clip(a * 1.5 + 0.1, 0, 1), b) for a, b in pairs]
    spread = np.std([each.value for each in found], ddof=1)
    assert np.mean([each.standard_error for each in found]) == pytest.approx(spread, rel=0.5)


def test_one_sample_has_no_covariance(digits):
    with pytest.raises(SpecError, match="lenet_fd needs at least 2"):
        measure(digits[:1], digits[:1])


def test_it_applies_to_digits_only():
    for digits, expected in ((True, True), (False, False)):
        domain = domains.Image((28, 28, 1), digits=digits)
        assert lenet_fd.METRIC.accepts(domain) == expected
