"""The models of experiments/floors.py: they are distributions, and fitted as they claim."""

import itertools
import re

import numpy as np
import pytest

from zoo.data.base import corpus
from zoo.data.base.splits import Dataset, Images
from zoo.domains import Image

PIXELS, TOKENS = 6, 3
EVERY_IMAGE = np.array(list(itertools.product((0.0, 1.0), repeat=PIXELS)))


@pytest.fixture(scope="module")
def program(load_program):
    return load_program("experiments/floors.py")


@pytest.fixture(scope="module")
def images():
    """Two kinds of images of six pixels, each with a tenth of its bits turned."""
    random = np.random.RandomState(0)
    kinds = np.array([[1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 1, 1]])[random.randint(2, size=200)]
    return np.abs(kinds - (random.uniform(size=kinds.shape) < 0.1)).astype(float)


@pytest.fixture(scope="module")
def text():
    return np.random.RandomState(0).choice(TOKENS, size=60, p=[0.6, 0.3, 0.1])


def test_independent_pixels_have_add_one_means(program, images):
    ones, count = images.sum(axis=0), len(images)
    q = np.where(EVERY_IMAGE == 1, ones + 1, count - ones + 1) / (count + 2)
    log_prob = program.log_prob(EVERY_IMAGE, program.independent(images))
    np.testing.assert_allclose(log_prob, np.log(q).sum(axis=1), rtol=1e-12)


@pytest.mark.parametrize("components", [1, 2, 5])
def test_a_mixture_is_a_distribution(program, images, components):
    model = program.mixture(images, components, iterations=3, seed=0)
    assert np.exp(program.log_prob(EVERY_IMAGE, model)).sum() == pytest.approx(1, abs=1e-12)


def test_a_mixture_of_one_component_has_independent_pixels(program, images):
    one, independent = program.mixture(images, 1, 1, seed=0), program.independent(images)
    for fitted, expected in zip(one, independent, strict=True):
        np.testing.assert_allclose(fitted, expected, rtol=1e-12)


def test_em_never_lowers_likelihood_times_prior(program, images):
    models = [program.mixture(images, 4, iterations, seed=0) for iterations in range(1, 30)]
    values = [_log_posterior(program, images, *model) for model in models]
    assert np.diff(values).min() > -1e-9  # rounding, of a sum near -600
    assert values[-1] > values[0] + 1


def test_em_ends_where_likelihood_times_prior_is_stationary(program, images):
    weights, means = program.mixture(images, 2, 300, seed=0)

    def slope(weights_step, means_step):
        ends = [
            _log_posterior(
                program, images, weights + sign * weights_step, means + sign * means_step
            )
            for sign in (1e-5, -1e-5)
        ]
        return (ends[0] - ends[1]) / 2e-5

    steps = np.eye(means.size).reshape(-1, *means.shape)
    slopes = [slope(0, step) for step in steps] + [slope(np.array([1, -1]), 0)]
    np.testing.assert_allclose(slopes, 0, atol=1e-3)  # 33 for means that are off by 0.02


def _log_posterior(program, images, weights, means):
    """The logarithm of likelihood times prior, up to a constant."""
    prior = np.log(weights).sum() + np.log(means * (1 - means)).sum()
    return program.log_prob(images, program.Mixture(weights, means)).sum() + prior


def test_em_finds_the_kinds_of_images(program, images):
    model = program.mixture(images, 2, 50, seed=0)
    first, second = sorted(model.means.round().tolist())
    assert (first, second) == ([0, 0, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0])
    np.testing.assert_allclose(model.weights, 0.5, atol=0.1)  # of 200 images, 3 standard errors


def test_float32_images_differ_by_rounding_only(program, images):
    exact = program.log_prob(images, program.mixture(images, 4, 20, seed=0))
    rounded = images.astype(np.float32)
    np.testing.assert_allclose(
        program.log_prob(rounded, program.mixture(rounded, 4, 20, seed=0)), exact, atol=1e-4
    )


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_an_n_gram_is_a_distribution(program, text, order):
    every = itertools.product(range(TOKENS + 1), repeat=4)  # one token does not occur in training
    total = sum(program.n_gram(text, np.array(one), TOKENS + 1, order, 0.7).prod() for one in every)
    assert total == pytest.approx(1, abs=1e-12)


def test_an_n_gram_of_order_one_has_smoothed_frequencies(program, text):
    counts = np.bincount(text, minlength=TOKENS + 1)
    expected = (np.maximum(counts - 0.7, 0) + 0.7 * TOKENS / (TOKENS + 1)) / len(text)
    asked = np.arange(TOKENS + 1)
    found = program.n_gram(text, asked, TOKENS + 1, 1, 0.7)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("order", [2, 3, 4])
def test_an_n_gram_is_kneser_ney_by_its_definition(program, text, order):
    other = np.random.RandomState(1).randint(TOKENS, size=30)
    started = (TOKENS,) * (order - 1) + tuple(other)
    expected = [_by_definition(text, started[i : i + order], order, 0.7) for i in range(len(other))]
    found = program.n_gram(text, other, TOKENS, order, 0.7)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def _by_definition(text, n_gram, order, discount):
    """P_n of the last token of an n-gram given the others."""
    if not n_gram:
        return 1 / TOKENS
    started = (TOKENS,) * (order - 1) + tuple(text)
    longest = [started[i : i + order] for i in range(len(text))]
    *history, _ = n_gram

    def count(asked):
        found = [one for one in longest if one[order - len(asked) :] == asked]
        befores = {one[order - len(asked) - 1 :] for one in found}
        return len(found) if len(asked) == order else len(befores)

    counts = [count((*history, token)) for token in range(TOKENS)]
    backed = _by_definition(text, n_gram[1:], order, discount)
    if not sum(counts):
        return backed
    left = discount * np.count_nonzero(counts) * backed
    return (max(count(n_gram) - discount, 0) + left) / sum(counts)


def test_an_n_gram_is_nearly_certain_of_a_text_that_repeats(program):
    train, text = np.tile([0, 1, 2, 1], 1000), np.tile([0, 1, 2, 1], 5)
    assert program.n_gram(train, text, TOKENS, 3, 0.7)[2:].min() > 0.999
    # After 1 there are 0 and 2, as often: two tokens of the past are needed, and one will not do.
    assert program.n_gram(train, text, TOKENS, 2, 0.7)[2] == pytest.approx(0.5, abs=0.01)


def test_rows_of_images(program, images):
    split = Images((images.reshape(-1, 2, 3, 1) * 255).astype(np.uint8))
    data = Dataset(Image((2, 3, 1), binary=True), split, split, split)
    independent, mixture = (_figures(line) for line in program.image_floors(data))
    nats = -program.log_prob(images, program.independent(images)).mean()
    assert independent == pytest.approx((nats, nats), abs=6e-4)  # three digits are shown
    assert mixture[0] < independent[0]


def test_the_row_of_a_text_has_the_discount_that_is_best_on_validation(program):
    random = np.random.RandomState(0)
    parts = ["".join(random.choice(list("ab \n"), size=count)) for count in (2000, 500, 500)]
    data = corpus.contiguous(parts, "character", length=10)
    (line,) = program.text_floors(data)
    chosen = float(re.search(r"discount ([\d.]+)", line)[1])
    train, validation, test = (data.split(name).values for name in ("train", "validation", "test"))

    def nats(text, discount):
        return -np.log(program.n_gram(train, text, data.domain.vocabulary.size, 5, discount)).mean()

    best = min(nats(validation, discount) for discount in program.DISCOUNTS)
    assert _figures(line) == pytest.approx((best, nats(test, chosen)), abs=6e-4)


def _figures(line):
    """What a row says of validation and test."""
    *_, validation, test, _, _, _ = line.split("|")
    return float(validation), float(test)
