"""The Fréchet distance of texts: the formula against SciPy, the states, and bad generators."""

import numpy as np
import pytest
import scipy.linalg

from zoo.errors import SpecError
from zoo.metrics import text_frechet
from zoo.metrics.base import reference_lm
from zoo.metrics.base.frechet import frechet, frechet_error


def measure(comparison):
    return text_frechet.compare(comparison)["text_frechet"]


def normal(count, seed, mean=0.0, scale=1.0):
    """Rows with a covariance of full rank that is no multiple of the identity."""
    draws = np.random.default_rng(seed)
    mix = draws.normal(size=[5, 5]) + 2 * np.eye(5)
    return mean + scale * draws.normal(size=[count, 5]) @ mix


@pytest.fixture(scope="module")
def measured(adversaries):
    return {name: measure(comparison) for name, comparison in adversaries.items()}


def test_it_is_what_scipy_s_matrix_root_gives():
    a, b = normal(200, 0), normal(300, 1, mean=0.5, scale=1.5)
    covariances = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real
    expected = np.sum((a.mean(axis=0) - b.mean(axis=0)) ** 2)
    expected += np.trace(sum(covariances) - 2 * root)
    assert frechet(a, b) == pytest.approx(expected, rel=1e-10)
    assert frechet(b, a) == pytest.approx(expected, rel=1e-10)


def test_closed_forms():
    """A shift by d has |d|²; a stretch by s has (s - 1)² tr C."""
    a = normal(100, 2)
    trace = np.trace(np.cov(a, rowvar=False))
    assert frechet(a, a) == pytest.approx(0, abs=1e-10)
    assert frechet(a, a + 2) == pytest.approx(5 * 4, rel=1e-10)
    stretched = a.mean(axis=0) + 3 * (a - a.mean(axis=0))
    assert frechet(a, stretched) == pytest.approx(4 * trace, rel=1e-10)


def test_rows_that_are_all_alike_or_fewer_than_columns_have_a_distance():
    """To a point it is |μ - x|² + tr C; covariances without full rank are no exception."""
    a = normal(4, 3)
    expected = np.sum((a.mean(axis=0) - 7) ** 2) + np.trace(np.cov(a, rowvar=False))
    assert frechet(a, np.full([9, 5], 7.0)) == pytest.approx(expected, rel=1e-10)
    assert frechet(a, a[::-1]) == pytest.approx(0, abs=1e-10)


def test_the_standard_error_is_the_spread_of_repeated_measurements():
    """Over 100 repetitions, where the distance is far from 0; the spread is known within 7 %."""
    found, errors = [], []
    for seed in range(100):
        a, b = (normal(100, [which, 0]) for which in (4, 5))
        draws = np.random.default_rng([seed, 6])
        rows = draws.integers(100, size=[2, 100])
        a, b = a[rows[0]], b[rows[1]] + 3
        found.append(frechet(a, b))
        errors.append(frechet_error(a, b, seed))
    assert np.mean(errors) == pytest.approx(np.std(found, ddof=1), rel=0.25)


def test_a_text_s_feature_is_the_mean_of_its_states(adversaries):
    """Read step by step, the states before the first end and the one that predicts it."""
    first = adversaries["ceiling"]
    reference = reference_lm.trained(first.training, first.domain, first.seed)
    texts = first.generated[:3]
    network = reference.model.network
    for text, found in zip(texts, reference.states(texts), strict=True):
        state, hidden = network.initial_state(1), []
        for token in [first.domain.vocabulary.start, *text[text != 1]][:12]:
            _, state = network.step(np.array([token], np.int32), state)
            hidden.append(state[-1][0].numpy()[0])
        np.testing.assert_allclose(found, np.mean(hidden, axis=0), atol=1e-6)


def test_one_sentence_repeated_and_noise_are_far_from_texts(measured):
    ceiling = measured["ceiling"]
    for name in ("repeated", "noise"):
        error = np.hypot(ceiling.standard_error, measured[name].standard_error)
        assert measured[name].value > ceiling.value + 3 * error
    assert measured["repeated"].value > 10 * ceiling.value


def test_training_texts_returned_are_as_near_as_new_ones(measured):
    """What a copy cannot be told by here: `novelty` and `data_copying` tell it."""
    ceiling, memorised = measured["ceiling"], measured["memorised"]
    error = np.hypot(ceiling.standard_error, memorised.standard_error)
    assert abs(memorised.value - ceiling.value) < 4 * error


def test_what_is_told_with_the_figure(measured, adversaries):
    found = measured["ceiling"]
    assert (found.count, found.better, found.split) == (400, "lower", "test")
    assert found.unit == "squared distance of mean LSTM states"
    assert found == measure(adversaries["ceiling"].of(adversaries["ceiling"].generated))


def test_one_text_is_refused(compare_texts):
    with pytest.raises(SpecError, match="text_frechet needs at least 2"):
        measure(compare_texts([(2, 3)], [(2, 3)]))
