"""Tables fitted to few pairs: exact expectations, and the best of several runs."""

import itertools
import math

import numpy as np
import pytest

from zoo.theory import little_data
from zoo.theory.little_data import best_keep_probability, best_of, expected_kl, fitted
from zoo.theory.scheduled_sampling import EXAMPLE, independent, kl


@pytest.mark.parametrize("keep", [1, 0.7, 0])
@pytest.mark.parametrize("joint", [[[0.4, 0.1], [0.2, 0.3]], [[0.5, 0.0, 0.1], [0.1, 0.2, 0.1]]])
def test_the_expectation_is_the_sum_over_all_data_sets(joint, keep):
    p = np.array(joint)
    total = 0
    for counts in itertools.product(range(5), repeat=p.size):
        if sum(counts) == 4:
            ways = math.factorial(4) / math.prod(map(math.factorial, counts))
            chance = ways * math.prod(p.ravel() ** counts)
            total += chance * kl(p, fitted(np.reshape(counts, p.shape), keep))
    assert expected_kl(p, 4, keep) == pytest.approx(total, rel=1e-12)


def test_without_data_all_that_is_fitted_is_uniform():
    assert expected_kl(EXAMPLE, 0, 0.3) == pytest.approx(kl(EXAMPLE, np.full([3, 3], 1 / 9)))


def test_on_the_example_a_little_bias_pays_once_there_are_some_data():
    """At ten pairs the pseudo-counts are bias enough; ε well below one never pays."""
    assert best_keep_probability(EXAMPLE, 10) == 1
    keep = best_keep_probability(EXAMPLE, 40)
    assert keep == pytest.approx(0.919, abs=5e-4)
    assert expected_kl(EXAMPLE, 40, 1) == pytest.approx(0.0822, abs=5e-5)
    assert expected_kl(EXAMPLE, 40, keep) == pytest.approx(0.0767, abs=5e-5)
    assert expected_kl(EXAMPLE, 40, 0.5) > expected_kl(EXAMPLE, 40, 1)
    neighbours = [expected_kl(EXAMPLE, 40, keep + change) for change in (-0.01, 0.01)]
    assert min(neighbours) > expected_kl(EXAMPLE, 40, keep)


def test_the_less_else_regularises_the_more_bias_pays(monkeypatch):
    monkeypatch.setattr(little_data, "PSEUDO_COUNT", 0.1)
    keep = best_keep_probability(EXAMPLE, 10)
    assert keep == pytest.approx(0.751, abs=1e-3)
    assert expected_kl(EXAMPLE, 10, 1) == pytest.approx(0.367, abs=5e-4)
    assert expected_kl(EXAMPLE, 10, keep) == pytest.approx(0.294, abs=5e-4)


def test_on_independent_tokens_the_bias_halves_the_error():
    p = independent(EXAMPLE)
    assert expected_kl(p, 40, 0) < expected_kl(p, 40, 1) / 2
    assert best_keep_probability(p, 40) < 0.01


def test_a_run_has_the_optimum_of_the_algorithm_as_its_limit():
    """With many pairs a run comes to it, whatever it draws."""
    counts = (EXAMPLE * 10_000_000).round().astype(int)
    run = little_data.sampled_fit(counts, 0.6, np.random.default_rng(0))
    np.testing.assert_allclose(run, fitted(counts, 0.6), atol=1e-3)
    np.testing.assert_allclose(run.sum(axis=1), fitted(counts, 1).sum(axis=1), rtol=1e-12)


def test_one_run_of_likelihood_is_the_exact_expectation_and_more_are_the_same():
    one, five = (best_of(EXAMPLE, 10, 1, runs, draws=400) for runs in (1, 5))
    np.testing.assert_allclose(one, five, rtol=1e-12)
    error = one.std(ddof=1) / np.sqrt(len(one))
    assert abs(one.mean() - expected_kl(EXAMPLE, 10, 1)) < 4 * error


def test_choosing_among_runs_takes_scheduled_sampling_past_likelihood_but_more_data_go_farther():
    one, best = (best_of(EXAMPLE, 10, 0.75, runs, draws=400) for runs in (1, 20))
    likelihood = best_of(EXAMPLE, 10, 1, 1, draws=400)
    assert one.mean() > likelihood.mean() + 0.03
    gain = likelihood - best  # on the same data sets
    assert gain.mean() > 2 * gain.std(ddof=1) / np.sqrt(len(gain))
    # The pairs that chose are data, too: likelihood fitted to both parts is better still.
    assert expected_kl(EXAMPLE, 20, 1) < best.mean() - 0.03
