"""The Parzen-window likelihood: scikit-learn's values, and why it is no guide."""

import math

import numpy as np
import pytest
import sklearn.cluster
import sklearn.neighbors
import threadpoolctl

from zoo import spec
from zoo.errors import SpecError
from zoo.metrics import Comparison, parzen


@pytest.fixture(scope="module")
def dataset():
    return spec.build("data", "mnist_5k", None)


@pytest.fixture(scope="module")
def real(dataset):
    return dataset.test.at(np.arange(400)).numpy()


def measure(dataset, generated, real):
    made = Comparison(dataset.domain, generated, real, real[:1], "test", 0)
    return parzen.compare(made)["parzen"]


def scores(points, centres, bandwidth):
    """By scikit-learn, with one leaf: where its trees branch they are wrong by 44 nats and more."""
    kernel = sklearn.neighbors.KernelDensity(bandwidth=bandwidth, leaf_size=len(centres))
    return kernel.fit(centres).score_samples(points)


@pytest.mark.parametrize("bandwidth", [0.01, 0.2, 1.0])
@pytest.mark.parametrize("size", [1, 3, 50])
def test_random_points_have_the_density_of_scikit_learn(bandwidth, size):
    draw = np.random.default_rng(0)
    points, centres = draw.random([30, size]), draw.random([700, size])
    expected = scores(points, centres, bandwidth)
    found = parzen.log_density(points, centres, bandwidth)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_the_best_bandwidth_about_one_centre_is_the_deviation():
    draw = np.random.default_rng(0)
    points, centre = draw.normal(0.5, 0.1, [200, 10]), np.full([1, 10], 0.5)
    expected = np.sqrt(np.mean((points - centre) ** 2))
    assert parzen.best_bandwidth(points, centre) == pytest.approx(expected, rel=1e-4)


def test_no_other_bandwidth_is_better(dataset, real):
    points = real.reshape(400, -1).astype(np.float64)
    centres = dataset.train.at(np.arange(400)).numpy().reshape(400, -1).astype(np.float64)
    best = parzen.best_bandwidth(points, centres)
    others = np.geomspace(parzen.NARROWEST, parzen.WIDEST, 30)
    means = [parzen.log_density(points, centres, other).mean() for other in others]
    assert parzen.log_density(points, centres, best).mean() >= max(means)
    assert 0.1 < best < 0.3


def test_no_image_is_scored_at_a_bandwidth_that_it_chose(dataset, real):
    """Each half by scikit-learn, at the bandwidth that is best for the other half."""
    generated = dataset.train.at(np.arange(400)).numpy()
    points, centres = (each.reshape(400, -1).astype(np.float64) for each in (real, generated))
    halves, expected = (points[0::2], points[1::2]), []
    for scored, chooser in (halves, halves[::-1]):
        expected.append(scores(scored, centres, parzen.best_bandwidth(chooser, centres)))
    expected = np.concatenate(expected)
    measured = measure(dataset, generated, real)
    assert measured.value == pytest.approx(expected.mean(), rel=1e-6)
    assert measured.standard_error == pytest.approx(expected.std(ddof=1) / 20, rel=1e-6)
    assert (measured.count, measured.split, measured.better) == (400, "test", "higher")
    assert "1511.01844" in measured.unit


def test_centres_of_clusters_score_better_than_real_images(dataset, real):
    """The warning: a likelihood which averages of digits win has nothing to say about digits."""
    training = dataset.train.at(np.arange(2000)).numpy()
    with threadpoolctl.threadpool_limits(1):
        means = sklearn.cluster.KMeans(400, n_init=1, max_iter=5, random_state=0)
        centres = means.fit(training.reshape(2000, -1)).cluster_centers_
    centres = centres.reshape(400, 28, 28, 1).astype(np.float32)
    digits = dataset.validation.at(np.arange(400)).numpy()
    better, worse = (measure(dataset, images, real) for images in (centres, digits))
    errors = math.hypot(better.standard_error, worse.standard_error)
    assert better.value > worse.value + 4 * errors


def test_one_repeated_image_is_finite(dataset, real):
    assert -800 < measure(dataset, real[:1].repeat(400, 0), real).value < 0


def test_one_image_has_no_halves(dataset, real):
    with pytest.raises(SpecError, match="parzen needs at least 2"):
        measure(dataset, real[:1], real[:1])


def test_it_applies_to_images(letters, digit):
    assert parzen.METRIC.accepts(digit)
    assert not parzen.METRIC.accepts(letters)
