"""The exact fits of a model that is too simple, and training towards them."""

import numpy as np
import pytest

from experiments import discrete


@pytest.fixture(scope="module")
def log_p():
    return discrete.probabilities()


@pytest.fixture(scope="module")
def best(log_p):
    """The exact optima, log Q by π."""
    return {pi: discrete.fitted(log_p, pi) for pi in discrete.PIS}


def marginals(p):
    """Of each token, from the probabilities of all texts."""
    p = p.reshape([discrete.SIZE] * discrete.LENGTH)
    return [p.sum(axis=tuple(set(range(discrete.LENGTH)) - {t})) for t in range(discrete.LENGTH)]


def product(logs):
    """log Q of all texts, from the log-probabilities of each token on its own."""
    return sum(np.take(each, discrete.TEXTS[:, t]) for t, each in enumerate(logs))


def total_correlation(log_p):
    """Σ_t H(P_t) - H(P): how far P is from the product of its marginals."""
    p = np.exp(log_p)
    return sum(-(m * np.log(m)).sum() for m in marginals(p)) + (p * np.log(p)).sum()


def test_the_probabilities_are_those_of_all_texts(log_p):
    assert len(log_p) == len(discrete.TEXTS) == 256
    assert np.exp(log_p).sum() == pytest.approx(1, rel=1e-12)
    assert total_correlation(log_p) > 0.3  # a model whose tokens are independent is too simple


def test_the_minimum_tends_to_the_one_of_likelihood(log_p):
    """At π -> 0 the divergence is KL[P‖Q], whose least value is the total correlation."""
    assert discrete.minimum(log_p, 1e-6) == pytest.approx(total_correlation(log_p), rel=1e-4)


def test_the_optimum_tends_to_the_one_of_likelihood_in_proportion_to_pi(log_p):
    """To the product of the marginals: its distance falls as π, its excess of KL[P‖Q] as π²."""
    best = product([np.log(m) for m in marginals(np.exp(log_p))])
    distances, excesses = [], []
    for pi in (0.02, 0.01, 0.005):
        log_q = discrete.fitted(log_p, pi)
        distances.append(np.abs(np.exp(log_q) - np.exp(best)).sum() / pi)
        excesses.append(np.sum(np.exp(log_p) * (best - log_q)) / pi**2)
    np.testing.assert_allclose(distances, 1.264, rtol=0.01)
    np.testing.assert_allclose(excesses, 1.17, rtol=0.02)


@pytest.mark.parametrize("pi", discrete.PIS)
def test_no_other_product_near_by_is_better(log_p, best, pi):
    logs = [np.log(each) for each in marginals(np.exp(best[pi]))]
    np.testing.assert_allclose(product(logs), best[pi], atol=1e-6)  # so it is a product
    generator = np.random.default_rng(0)
    for size in (0.001, 0.01, 0.1):
        moved = [each + size * generator.normal(size=4) for each in logs]
        moved = [each - np.logaddexp.reduce(each) for each in moved]
        assert discrete.value(log_p, product(moved), pi) > discrete.value(log_p, best[pi], pi)


def test_the_product_of_marginals_is_not_the_best(log_p, best):
    """It is best for KL[P‖Q], and not at π = 1/2."""
    of_marginals = product([np.log(each) for each in marginals(np.exp(log_p))])
    assert discrete.value(log_p, best[0.5], 0.5) < discrete.value(log_p, of_marginals, 0.5)


def test_the_optima_of_other_pi_are_far_above_the_minimum(log_p):
    """So that a run near the minimum was led by its own π."""
    others = discrete.excess(log_p)
    assert set(others) == {"0.1", "0.5", "0.9"}
    assert all(len(each) == 2 for each in others.values())
    assert min(above for each in others.values() for above in each.values()) > 0.04


@pytest.mark.parametrize("name", discrete.estimators(0.5))
def test_training_goes_towards_the_minimum(log_p, best, name, monkeypatch):
    monkeypatch.setattr(discrete, "DATA", discrete.ORACLE.format(count=5000))
    uniform = np.full(256, -np.log(256))
    model, objective = discrete.estimators(0.5)[name]
    log_q = discrete.trained(model, objective, seed=0, steps=30)
    least, before, after = (discrete.value(log_p, q, 0.5) for q in (best[0.5], uniform, log_q))
    assert least < after < before - 0.01


def test_training_is_led_by_its_pi(log_p, monkeypatch):
    """Long before the end, each run is nearer to the minimum of its own π than the other one."""
    monkeypatch.setattr(discrete, "DATA", discrete.ORACLE.format(count=5000))
    log_q = {}
    for pi in (0.1, 0.9):
        model, objective = discrete.estimators(pi)["reinforce"]
        log_q[pi] = discrete.trained(model, objective, seed=0, steps=300)
    for own, other in ((0.1, 0.9), (0.9, 0.1)):
        apart = discrete.value(log_p, log_q[other], own) - discrete.value(log_p, log_q[own], own)
        assert apart > 0.005
