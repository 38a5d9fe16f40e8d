import math

import numpy as np
import pytest

from zoo.divergences import binary_entropy, generalised_js
from zoo.divergences.estimates import monte_carlo_generalised_js, monte_carlo_kl

P, Q = np.array([0.5, 0.3, 0.2, 0.0]), np.array([0.1, 0.3, 0.4, 0.2])
with np.errstate(divide="ignore"):
    LOG_P, LOG_Q = np.log(P), np.log(Q)
WEIGHTS = [1e-12, 0.1, 0.5, 0.99, 1 - 1e-12]


def normal_log_density(x, mean):
    return -((x - mean) ** 2) / 2 - math.log(2 * math.pi) / 2


def log_ratios(rng, count_p, count_q):
    """log(p/q) at samples of P and at samples of Q."""
    at_p, at_q = rng.choice(4, count_p, p=P), rng.choice(4, count_q, p=Q)
    return (LOG_P - LOG_Q)[at_p], (LOG_P - LOG_Q)[at_q]


def test_kl_of_two_gaussians():
    x = np.random.default_rng(0).normal(size=10_000)
    value, error = monte_carlo_kl(normal_log_density(x, 0.0), normal_log_density(x, 1.5))
    assert abs(value - 1.5**2 / 2) < 4 * error
    np.testing.assert_allclose(error, 1.5 / 100, rtol=0.05)  # log p - log q has deviation 1.5


def test_kl_by_hand():
    value, error = monte_carlo_kl([-1.0, -2.0], [-2.0, -5.0])
    np.testing.assert_allclose([value, error], [2.0, 1.0], rtol=1e-15)


def test_kl_is_infinite_where_q_misses_a_sample_of_p():
    value, error = monte_carlo_kl([-1.0, -2.0], [-2.0, -np.inf])
    assert value == math.inf
    assert math.isnan(error)


def test_one_sample_has_no_standard_error():
    value, error = monte_carlo_kl([-1.0], [-2.0])
    assert value == 1.0
    assert math.isnan(error)


@pytest.mark.parametrize("pi", WEIGHTS)
@pytest.mark.parametrize("scale", ["raw", "normalised", "bounded"])
def test_js_of_a_table(pi, scale):
    ratios = log_ratios(np.random.default_rng(1), 20_000, 5_000)
    value, error = monte_carlo_generalised_js(*ratios, pi, scale)
    truth = float(generalised_js(LOG_P, LOG_Q, pi, scale))
    assert 0 < error < 0.1 * truth + 1e-2
    assert abs(value - truth) < 4 * error


@pytest.mark.parametrize("pi", [0.1, 0.5, 0.99])
def test_the_standard_error_is_the_deviation_of_the_estimate(pi):
    rng = np.random.default_rng(2)
    runs = np.array(
        [monte_carlo_generalised_js(*log_ratios(rng, 300, 100), pi) for _ in range(200)]
    )
    # The deviation of 200 values is itself known to 1/sqrt(400) = 5 %.
    np.testing.assert_allclose(runs[:, 0].std(), runs[:, 1].mean(), rtol=0.2)


def test_every_outcome_once_in_its_share_gives_the_exact_value():
    at_p = np.repeat(LOG_P - LOG_Q, (P * 10).astype(int))
    at_q = np.repeat(LOG_P - LOG_Q, [1, 3, 4, 2])
    for pi in WEIGHTS:
        value, _ = monte_carlo_generalised_js(at_p, at_q, pi, "normalised")
        exact = generalised_js(LOG_P, LOG_Q, pi, "normalised")
        # At the ends the mean over Q cancels to its second order, in units of pi.
        np.testing.assert_allclose(value, exact, rtol=1e-12)


def test_the_sample_counts_do_not_weigh():
    at_p, at_q = log_ratios(np.random.default_rng(3), 50, 20)
    once = monte_carlo_generalised_js(at_p, at_q, 0.3)
    twice = monte_carlo_generalised_js(np.tile(at_p, 2), at_q, 0.3)
    np.testing.assert_allclose(twice.value, once.value, rtol=1e-12)


def test_samples_that_tell_the_two_apart_give_the_entropy_of_pi():
    value, error = monte_carlo_generalised_js([math.inf, 900.0], [-math.inf, -900.0], 0.2)
    np.testing.assert_allclose(value, binary_entropy(0.2), rtol=1e-12)
    assert error == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize(("shape_p", "shape_q"), [([3], [3, 1]), ([3, 1], [3, 1]), ([3], [1])])
def test_log_densities_of_other_shapes_are_refused(shape_p, shape_q):
    with pytest.raises(ValueError, match=r"\[samples\]; received the shapes \[3.* and \[[13]"):
        monte_carlo_kl(np.zeros(shape_p), np.zeros(shape_q))


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="limit at 1"):
        monte_carlo_generalised_js([0.0], [0.0], 1.0)
    with pytest.raises(ValueError, match="scale"):
        monte_carlo_generalised_js([0.0], [0.0], 0.5, "other")


@pytest.mark.parametrize(("at_p", "at_q"), [((3, 1), (3,)), ((3,), (1, 3)), ((), (3,))])
def test_log_ratios_of_other_shapes_are_refused(at_p, at_q):
    with pytest.raises(ValueError, match=r"\[samples\]; received the shapes \[.*\] and \[.*\]"):
        monte_carlo_generalised_js(np.zeros(at_p), np.zeros(at_q), 0.5)
