"""Ends of distillation: limits they have to reach, and one found by hand."""

import numpy as np
import pytest
import tensorflow as tf

from zoo import divergences, spec
from zoo.theory.chains import Chains, all_texts
from zoo.theory.distilled_chains import DistilledChains


@pytest.fixture(scope="module")
def log_p():
    data = spec.build("data", "markov(order=2, vocabulary_size=2, length=3, seed=1, count=1)", None)
    found = np.float64(data.log_prob(all_texts(2, 3)).numpy())
    return found - np.logaddexp.reduce(found)


def of_order(order, log_p):
    chains = Chains(2, 3, order)
    return chains, DistilledChains(chains, log_p, log_p)


def test_on_data_by_the_forward_kl_it_is_likelihood(log_p):
    chains, distilled = of_order(1, log_p)
    found = chains.log_prob(distilled.fixed_point(pi=0, own=0))
    expected = chains.log_prob(chains.maximum_likelihood(log_p))
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize(("pi", "own"), [(0, 1), (0.3, 0.5), (1, 1)])
def test_a_student_that_can_be_the_teacher_becomes_it(log_p, pi, own):
    chains, distilled = of_order(2, log_p)
    found = chains.log_prob(distilled.fixed_point(pi, own))
    np.testing.assert_allclose(found, log_p, atol=1e-5)


def test_with_the_gradient_through_prefixes_the_reverse_kl_is_that_of_whole_texts(log_p):
    chains, distilled = of_order(1, log_p)
    logits = chains.maximum_likelihood(log_p)
    nats = divergences.reverse_kl(log_p, chains.log_prob(logits))
    np.testing.assert_allclose(distilled.loss(tf.constant(logits), logits, 1, 1), nats, rtol=1e-9)
    best = divergences.reverse_kl(log_p, chains.log_prob(distilled.optimum(pi=1, own=1)))
    least = divergences.reverse_kl(log_p, chains.log_prob(chains.optimum(log_p, 1)))
    np.testing.assert_allclose(best, least, rtol=1e-5)


def test_a_student_without_context_ends_at_geometric_means():
    """Of two tokens: each S is the normalised geometric mean of T under S's own prefixes."""
    joint = np.array([[0.72, 0.014], [0.005, 0.261]])
    chains = Chains(2, 2, order=0)
    log_t = np.log(joint).ravel()
    distilled = DistilledChains(chains, log_t, log_t)
    s = np.exp(chains.log_tokens(distilled.fixed_point(pi=1, own=1)).numpy()[[0, -1], 0])
    first, given = joint.sum(1), joint / joint.sum(1, keepdims=True)
    mean = np.exp((np.log(first) + s @ np.log(given)) / 2)  # the same S at both positions
    np.testing.assert_allclose(s, mean / mean.sum(), atol=1e-6)
