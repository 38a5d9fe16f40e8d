"""Best chains: the limits they have to reach, and values known from another computation."""

import numpy as np
import pytest
import tensorflow as tf

from zoo import divergences, spec
from zoo.theory.chains import Chains


@pytest.fixture(scope="module")
def chains():
    return Chains(5, 5, order=1)


@pytest.fixture(scope="module")
def log_p(chains):
    found = spec.build("data", "oracle(vocabulary_size=5, length=5, count=1)", None)
    logs = found.log_prob(chains.texts).numpy().astype(np.float64)
    return logs - np.logaddexp.reduce(logs)


def reverse_kl(chains, log_p, logits):
    return float(divergences.reverse_kl(log_p, chains.log_prob(logits)))


def js(chains, log_p, logits, pi):
    return float(divergences.generalised_js(log_p, chains.log_prob(logits), pi))


def test_a_context_is_the_last_tokens():
    chains = Chains(3, 3, order=1)
    assert chains.num_contexts == 4  # the beginning, and each token
    logits = np.random.default_rng(0).normal(size=(4, 3))
    log = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    begin, after = log[3], log[:3]
    expected = [begin[a] + after[a, b] + after[b, c] for a, b, c in chains.texts]
    np.testing.assert_allclose(chains.log_prob(tf.constant(logits)), expected, rtol=1e-12)


def test_likelihood_s_chain_of_a_sufficient_order_is_the_data(log_p):
    chains = Chains(5, 5, order=4)
    logits = chains.maximum_likelihood(log_p)
    np.testing.assert_allclose(chains.log_prob(logits), log_p, atol=1e-9)


def test_likelihood_is_worse_than_the_optima_of_its_class(chains, log_p):
    """Values of the oracle of seed 0, as also found without this module."""
    likelihood = chains.maximum_likelihood(log_p)
    assert reverse_kl(chains, log_p, likelihood) == pytest.approx(0.995, abs=0.01)
    best = chains.optimum(log_p, 0.5)
    assert reverse_kl(chains, log_p, best) == pytest.approx(0.6599, abs=5e-4)
    assert js(chains, log_p, best, 0.5) == pytest.approx(0.1252, abs=1e-4)


def test_mixce_and_tailr_lead_away_from_likelihood():
    """At their ends both are likelihood; away from them KL[P‖Q] rises."""
    chains = Chains(3, 4, order=1)
    data = spec.build("data", "markov(vocabulary_size=3, length=4, seed=1, count=1)", None)
    log_p = data.log_prob(tf.constant(chains.texts)).numpy()
    likelihood = chains.log_prob(chains.maximum_likelihood(log_p))
    for fit, end in ((chains.mixce, 1.0), (chains.tailr, 0.0)):
        np.testing.assert_allclose(chains.log_prob(fit(log_p, end)), likelihood, atol=2e-3)
        moved = chains.log_prob(fit(log_p, 0.5))
        assert float(divergences.kl(log_p, moved)) > float(divergences.kl(log_p, likelihood))
