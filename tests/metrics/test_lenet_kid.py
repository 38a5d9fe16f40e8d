"""The kernel distance on the LeNet's features: the published formula on whole matrices."""

import numpy as np
import pytest

from zoo import domains, spec
from zoo.errors import SpecError
from zoo.metrics import Comparison, lenet_kid
from zoo.metrics.base import lenet


def published(a, b):
    """The unbiased estimate as in the paper, sums without the diagonal on whole matrices."""
    aa, bb, ab = ((x @ y.T / x.shape[1] + 1) ** 3 for x, y in ((a, a), (b, b), (a, b)))
    n = len(a)
    within = sum((each.sum() - np.trace(each)) / (n * (n - 1)) for each in (aa, bb))
    return within - 2 * ab.mean()


def normal(seed, count=100, size=5, shift=0.0):
    return np.random.default_rng(seed).normal(shift, size=[count, size])


@pytest.fixture(scope="module")
def digits():
    train = spec.build("data", "mnist_5k", None).train
    return train.at(np.random.default_rng(0).permutation(len(train))).numpy()


@pytest.mark.parametrize("count", [2, 100, 1201])
def test_it_is_the_published_formula_on_random_features(count):
    """1,201 rows are more than are multiplied at once."""
    a, b = normal(0, count, 30), normal(1, count, 30, shift=0.2)
    assert lenet_kid.kernel_distance(a, b)[0] == pytest.approx(published(a, b), rel=1e-9)


def test_it_is_the_published_formula_on_digits(digits):
    generated, real = np.clip(digits[:1000] * 1.5, 0, 1), digits[1000:2000]
    features = [lenet.features(images).astype(np.float64) for images in (generated, real)]
    domain = domains.Image((28, 28, 1), digits=True)
    made = Comparison(domain, generated, real, real[:1], "test", 0)
    measured = lenet_kid.compare(made)["lenet_kid"]
    assert measured.value == pytest.approx(published(*features), rel=1e-6)
    assert (measured.count, measured.split, measured.better) == (1000, "test", "lower")


def test_subsets_have_the_same_mean_with_more_noise(digits):
    """100 pairs of subsets of 200, as the published programs have it, within 4 standard errors."""
    images = np.clip(digits[:2000] * 1.5, 0, 1), digits[2000:]
    a, b = (lenet.features(each).astype(np.float64) for each in images)
    draw = np.random.default_rng(0)
    subsets = [[x[draw.choice(len(x), 200, replace=False)] for x in (a, b)] for _ in range(100)]
    values = [published(*pair) for pair in subsets]
    value, error = lenet_kid.kernel_distance(a, b)
    assert abs(np.mean(values) - value) < 4 * np.std(values) / 10
    assert error < np.std(values) / 2


@pytest.mark.parametrize(("shift", "ratio"), [(0, 2**0.5), (0.3, 1), (2, 1)])
def test_it_is_unbiased_and_its_standard_error_is_the_spread(shift, ratio):
    """Too large by √2 where distributions are alike; 300 repetitions know a spread to 4 %."""
    found = np.array([
        lenet_kid.kernel_distance(normal(seed), normal(seed + 1000, shift=shift))
        for seed in range(300)
    ])  # fmt: skip
    values, errors = found.T
    assert np.mean(errors) == pytest.approx(ratio * np.std(values), rel=0.12)
    expected = {0: 0.0}.get(shift, published(normal(5000, 2000), normal(6000, 2000, shift=shift)))
    assert abs(np.mean(values) - expected) < 4 * np.std(values) * (300**-0.5 + 20**-0.5)


def test_one_sample_is_too_few(digits):
    domain = domains.Image((28, 28, 1), digits=True)
    with pytest.raises(SpecError, match="lenet_kid needs at least 2"):
        lenet_kid.compare(Comparison(domain, *[digits[:1]] * 3, "test", 0))


def test_it_applies_to_digits_only():
    for digits, expected in ((True, True), (False, False)):
        domain = domains.Image((28, 28, 1), digits=digits)
        assert lenet_kid.METRIC.accepts(domain) == expected
