"""The classifier two-sample test on data of one distribution and of two."""

import dataclasses
import math

import numpy as np
import pytest

from zoo import domains, spec
from zoo.errors import SpecError
from zoo.metrics import Comparison, c2st

SMALL = domains.Image((16, 20, 1))


def measure(domain, generated, real, seed=0):
    comparison = Comparison(domain, generated, real, real[:1], "test", seed)
    return c2st.compare(comparison)["c2st"]


def noise(count, seed, mean=0.5):
    drawn = np.random.default_rng(seed).normal(mean, 0.1, [count, *SMALL.shape])
    return drawn.astype(np.float32)


@pytest.fixture(scope="module")
def digits():
    dataset = spec.build("data", "mnist_5k", None)
    return dataset.domain, dataset.train.batch(0, 1600, 0).numpy()


@pytest.fixture(scope="module")
def names():
    dataset = spec.build("data", "surnames", None)
    return dataset.domain, dataset.train.batch(0, 1600, 0).numpy()


@pytest.mark.parametrize("kind", ["digits", "names", "noise"])
def test_of_one_distribution_it_tells_a_half(kind, digits, names):
    domain, examples = {"digits": digits, "names": names, "noise": (SMALL, noise(1600, 0))}[kind]
    measured = measure(domain, examples[:800], examples[800:])
    assert abs(measured.value - 0.5) < 3 * measured.standard_error
    assert measured.count == 800
    assert measured.standard_error == pytest.approx(0.5 / math.sqrt(800), rel=0.02)


def test_mirrored_digits_are_told(digits):
    domain, examples = digits
    assert measure(domain, examples[:800, :, ::-1], examples[800:]).value > 0.85


def test_shuffled_names_are_told(names):
    """The same letters in another order: no counting of tokens finds that out."""
    domain, examples = names
    generator = np.random.default_rng(0)
    shuffled = examples[:800].copy()
    for row in shuffled:
        generator.shuffle(row[: np.sum(row != domain.vocabulary.end)])
    assert measure(domain, shuffled, examples[800:]).value > 0.75


def test_images_of_another_shape_are_told():
    assert measure(SMALL, noise(100, 1, mean=0.6), noise(100, 2)).value > 0.95


def test_it_is_a_function_of_the_seed():
    different = noise(60, 1, mean=0.51), noise(60, 2)
    first, again, other = (measure(SMALL, *different, seed=seed).value for seed in (0, 0, 2))
    assert first == again != other


def test_it_is_tested_on_examples_that_it_was_not_trained_on():
    """Fifty images of noise can be known by heart, and that must not help."""
    measured = measure(SMALL, noise(100, 1), noise(100, 2))
    assert abs(measured.value - 0.5) < 3 * measured.standard_error


def test_one_sample_is_too_few():
    with pytest.raises(SpecError, match="at least 2 samples"):
        measure(SMALL, noise(1, 1), noise(1, 2))


def test_it_applies_to_everything(letters):
    for domain in (SMALL, letters, dataclasses.replace(letters, contiguous=True)):
        assert c2st.METRIC.accepts(domain)


def test_points_are_told_by_their_correlation_alone():
    """Both coordinates have the same distribution in either set; the best rule is right in 3/4."""
    domain, generator = domains.Points(2), np.random.default_rng(0)
    drawn = generator.normal(size=[3, 800, 2]).astype(np.float32)
    same = measure(domain, drawn[0], drawn[1])
    assert abs(same.value - 0.5) < 3 * same.standard_error
    correlated = np.stack([drawn[2, :, 0], 0.9 * drawn[2, :, 0] + 0.19**0.5 * drawn[2, :, 1]], -1)
    assert measure(domain, correlated, drawn[1]).value > 0.65
