"""MAUVE against the package of its authors, in closed form, and of bad generators."""

import types

import mauve as reference
import numpy as np
import pytest
import sklearn.decomposition
from mauve.compute_mauve import get_divergence_curve_for_multinomials
from sklearn.metrics import auc

from zoo import divergences
from zoo.metrics import mauve


def measure(comparison):
    return mauve.compare(comparison)["mauve"]


def shares(seed, outcomes=30):
    """Shares of outcomes, some of which do not occur."""
    draws = np.random.default_rng(seed)
    return normalised(draws.exponential(size=outcomes) * (draws.uniform(size=outcomes) > 0.3))


def normalised(values):
    return values / np.sum(values)


def comparison_of(chosen, seed=0, width=1e-3):
    """What `compare` sees of texts whose features lie around centres that lie apart.

    `chosen` are the numbers of the samples' and the real texts' centres, int [2, count].
    """
    centres = np.random.default_rng(0).normal(size=[np.max(chosen) + 1, 16])
    noise = np.random.default_rng([seed, 1]).normal(size=[*chosen.shape, 16])
    return types.SimpleNamespace(
        states=tuple(centres[chosen] + width * noise),
        count=chosen.shape[1],
        seed=seed,
        split="test",
    )


def choose(count, number, seed):
    """Numbers below `number`, int [2, count], by shares that are not those of each other."""
    draws = np.random.default_rng(seed)
    both = draws.dirichlet(np.ones(number), size=2)
    return np.stack([draws.choice(number, size=count, p=each) for each in both])


@pytest.fixture(scope="module")
def measured(adversaries):
    return {name: measure(comparison) for name, comparison in adversaries.items()}


@pytest.mark.parametrize("seed", range(5))
def test_the_area_is_that_of_the_reference(seed):
    p, q = shares(seed), shares(seed + 100)
    curve = get_divergence_curve_for_multinomials(p, q, np.linspace(1e-6, 1 - 1e-6, 25), 5)
    x, y = curve[np.argsort(curve[:, 0])].T
    assert mauve.frontier_area(p, q) == pytest.approx(auc(x, y), abs=1e-9)
    assert mauve.frontier_area(q, p) == pytest.approx(auc(x, y), abs=1e-9)


def test_the_whole_is_that_of_the_reference():
    """On clusters that lie apart, and with 200 starts for the reference to find them."""
    comparison = comparison_of(choose(50, 5, seed=2))
    expected = reference.compute_mauve(*comparison.states, kmeans_num_redo=200)
    assert expected.num_buckets == 5
    assert 0.1 < expected.mauve < 0.9
    assert measure(comparison).value == pytest.approx(expected.mauve, abs=1e-6)


def test_clusters_that_lie_apart_are_found():
    chosen = choose(200, 20, seed=3)
    p, q = (np.bincount(each, minlength=20) / 200 for each in chosen)
    expected = mauve.frontier_area(p, q)
    assert measure(comparison_of(chosen)).value == pytest.approx(expected, abs=1e-9)


def test_components_are_those_of_scikit_learn_up_to_their_signs():
    features = np.random.default_rng(4).normal(size=[50, 8]) * np.arange(1, 9)
    found = mauve.principal_components(features)
    expected = sklearn.decomposition.PCA(0.9).fit_transform(features)
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-9)


def test_equal_distributions_have_1_and_disjoint_ones_almost_0():
    p, none = normalised(np.arange(1.0, 6)), np.zeros(5)
    assert mauve.frontier_area(p, p) == pytest.approx(1, abs=1e-9)
    # Of disjoint ones the curve is ((1-λ)^5, λ^5), and the area under it 1 / C(10, 5) = 1/252.
    apart = mauve.frontier_area(np.append(p, none), np.append(none, p))
    assert apart == pytest.approx(1 / 252, rel=0.1)  # 25 points


def test_the_points_are_the_two_halves_of_the_generalised_js():
    p, q, weight = shares(5), shares(6), 0.3
    mixture = weight * p + (1 - weight) * q
    ends = [-np.log(mauve.closeness(each, mixture)) / 5 for each in (p, q)]
    with np.errstate(divide="ignore"):
        expected = divergences.generalised_js(np.log(p), np.log(q), weight)
    assert weight * ends[0] + (1 - weight) * ends[1] == pytest.approx(float(expected), rel=1e-9)


def test_the_standard_error_is_the_spread_of_repeated_measurements():
    """Over 25 repetitions on clusters that are always found; the spread is known within 14 %."""
    draws = np.random.default_rng(7)
    both = draws.dirichlet(np.ones(10), size=2)
    found = [
        measure(comparison_of(np.stack([draws.choice(10, 100, p=p) for p in both]), seed))
        for seed in range(25)
    ]
    spread = np.std([each.value for each in found], ddof=1)
    assert np.mean([each.standard_error for each in found]) == pytest.approx(spread, rel=0.4)


def test_one_sentence_repeated_and_noise_are_exposed(measured):
    ceiling = measured["ceiling"]
    assert measured["repeated"].value < 0.1
    assert measured["noise"].value < ceiling.value - 5 * ceiling.standard_error


def test_training_texts_returned_are_as_near_as_new_ones(measured):
    """What a copy cannot be told by here: `novelty` and `data_copying` tell it."""
    ceiling, memorised = measured["ceiling"], measured["memorised"]
    error = np.hypot(ceiling.standard_error, memorised.standard_error)
    assert abs(memorised.value - ceiling.value) < 4 * error


def test_what_is_told_with_the_figure(measured, adversaries):
    found = measured["ceiling"]
    assert (found.count, found.better, found.split) == (400, "higher", "test")
    assert found == measure(adversaries["ceiling"])


@pytest.mark.parametrize("number", [1, 2])
def test_fewer_features_may_differ_than_there_should_be_clusters(number):
    comparison = comparison_of(np.arange(80).reshape(2, 40) % number, width=0)
    assert measure(comparison).value == pytest.approx(1, abs=1e-9)


def test_one_text_has_no_standard_error():
    measured = measure(comparison_of(np.array([[0], [1]])))
    assert 0 <= measured.value <= 1
    assert measured.standard_error is None
