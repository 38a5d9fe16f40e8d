"""Copies of the training images are told from new images, by the Mann-Whitney statistic."""

import numpy as np
import pytest
import scipy.stats
import sklearn.neighbors

from zoo import spec
from zoo.errors import SpecError
from zoo.metrics import Comparison, data_copying
from zoo.metrics.base import distances


@pytest.fixture(scope="module")
def dataset():
    return spec.build("data", "mnist_5k", None)


@pytest.fixture(scope="module")
def parts(dataset):
    """Samples, real and training images that were drawn alike."""
    return tuple(
        part.at(np.arange(count)).numpy()
        for part, count in ((dataset.validation, 500), (dataset.test, 500), (dataset.train, 4000))
    )


def measure(dataset, generated, real, training):
    made = Comparison(dataset.domain, generated, real, training, "test", 0)
    return data_copying.compare(made)["data_copying"]


@pytest.mark.parametrize("values", [3, 10_000])
def test_it_is_the_mann_whitney_statistic(values):
    """With many ties and with next to none."""
    draw = np.random.default_rng(0)
    a, b = draw.integers(values, size=80), draw.integers(values, size=50) + values / 10
    expected = scipy.stats.mannwhitneyu(b, a).statistic / (80 * 50)  # how often b is above a
    assert data_copying.probability_below(a, b)[0] == pytest.approx(expected, rel=1e-12)


def test_by_hand():
    value, error = data_copying.probability_below(np.array([1, 2]), np.array([2, 3]))
    assert value == (1 + 1 + 0.5 + 1) / 4
    # Shares above of 1 and 2: 1 and 3/4; shares below of 2 and 3: 3/4 and 1.
    assert error**2 == pytest.approx(2 * (1 / 32) / 2)


@pytest.mark.parametrize("shift", [0, 1])
def test_its_standard_error_is_the_spread_of_repeated_measurements(shift):
    """500 repetitions know their spread to 3 %."""

    def repetition(seed):
        draw = np.random.default_rng(seed)
        return data_copying.probability_below(draw.normal(size=60), draw.normal(shift, size=90))

    values, errors = np.transpose([repetition(seed) for seed in range(500)])
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.1)
    assert (
        abs(np.mean(values) - scipy.stats.norm.cdf(shift / 2**0.5)) < 4 * np.std(values) / 500**0.5
    )


def test_distances_are_those_of_scikit_learn(parts):
    a, b = (distances.flat(images) for images in (parts[0], parts[2]))
    found = sklearn.neighbors.NearestNeighbors(n_neighbors=1, algorithm="brute").fit(b)
    expected = found.kneighbors(a.astype(np.float64))[0][:, 0]
    np.testing.assert_allclose(distances.nearest(a, b), expected, rtol=1e-6)
    np.testing.assert_array_equal(distances.nearest(b[:100], b), 0)


def test_new_images_are_as_near_as_new_images(dataset, parts):
    measured = measure(dataset, *parts)
    assert abs(measured.value - 0.5) < 3 * measured.standard_error
    assert measured.standard_error < 0.02
    assert (measured.count, measured.split, measured.better) == (500, "test", None)


def test_copies_are_nearer_also_where_they_are_blurred(dataset, parts):
    _, real, training = parts
    copies = training[:500]
    assert measure(dataset, copies, real, training).value == 1
    blurred = (0.8 * copies + 0.2 * np.roll(copies, 1, axis=2)).astype(np.float32)
    assert measure(dataset, blurred, real, training).value > 0.99


def test_half_of_copies_is_told(dataset, parts):
    new, real, training = parts
    measured = measure(dataset, np.concatenate([new[:250], training[:250]]), real, training)
    assert measured.value == pytest.approx(0.75, abs=4 * measured.standard_error)


def test_noise_is_far_from_all(dataset, parts):
    noise = np.random.default_rng(0).random(parts[0].shape, np.float32)
    assert measure(dataset, noise, *parts[1:]).value == 0


def test_one_sample_has_no_standard_error(dataset, parts):
    with pytest.raises(SpecError, match="data_copying needs at least 2"):
        measure(dataset, parts[0][:1], parts[1][:1], parts[2])


def test_it_applies_to_images(letters, digit):
    assert data_copying.METRIC.accepts(digit)
    assert not data_copying.METRIC.accepts(letters)
