"""Discriminative fine-tuning against a model's own samples: likelihood's optimum is stationary.

The discriminator is the model itself, d = β (log q_θ - log q_ref) + log(π / (1 - π)), against
samples of q_ref (SPIN, arXiv 2401.01335; DDO, arXiv 2503.01103).
"""

import functools

import numpy as np
import pytest
import tensorflow as tf

from zoo import divergences, domains, spec
from zoo.tokenizers.vocabulary import Vocabulary

SIZE, LENGTH = 4, 4
TEXTS = np.stack(np.indices([SIZE] * LENGTH), axis=-1).reshape(-1, LENGTH).astype(np.int32)
PIS_AND_BETAS = [(0.1, 1.0), (0.5, 0.1), (0.5, 1.0), (0.9, 5.0)]


def softplus(d):
    return tf.math.softplus(d)


def data(seed=0):
    """A random P on all 256 texts."""
    return np.random.default_rng(seed).dirichlet(np.full(len(TEXTS), 0.3))


def chain_log_prob(logits):
    """log q of every text by a first-order chain: row 0 begins a text, row 1 + a follows a."""
    before = np.pad(TEXTS[:, :-1] + 1, [[0, 0], [1, 0]])
    return tf.reduce_sum(tf.gather_nd(tf.nn.log_softmax(logits), np.stack([before, TEXTS], -1)), -1)


def most_likely(p):
    """Logits of the chain of maximum likelihood: conditional frequencies over all positions."""
    before, counts = np.pad(TEXTS[:, :-1] + 1, [[0, 0], [1, 0]]), np.zeros([SIZE + 1, SIZE])
    np.add.at(counts, (before, TEXTS), p[:, None])
    return np.log(counts / counts.sum(axis=1, keepdims=True))


def gradients(log_prob, variables, p, pi, beta):
    """Of the discriminative loss at θ = ref, and of likelihood's -E_P[log q], as two arrays."""
    with tf.GradientTape(persistent=True) as tape:
        log_q = log_prob()
        shift = np.log(pi) - np.log1p(-pi)
        d = beta * (log_q - tf.stop_gradient(log_q)) + tf.constant(shift, log_q.dtype)
        q = tf.stop_gradient(tf.exp(log_q))
        p = tf.constant(p, log_q.dtype)
        loss = tf.reduce_sum(pi * p * softplus(-d) + (1 - pi) * q * softplus(d))
        nll = -tf.reduce_sum(p * log_q)
    return [
        np.concatenate([np.ravel(tf.convert_to_tensor(g)) for g in tape.gradient(of, variables)])
        for of in (loss, nll)
    ]


@pytest.mark.parametrize(("pi", "beta"), PIS_AND_BETAS)
def test_the_gradient_is_a_multiple_of_likelihood_s_wherever_it_begins(pi, beta):
    """β π (1 - π) times it, for an LSTM with new weights: fine-tuning sets off like likelihood."""
    domain = domains.Text(Vocabulary(list("abcd"), "character"), LENGTH, contiguous=False)
    model = spec.build("models", "lstm(units=5, layers=1)", domain)
    log_prob = functools.partial(model.log_prob, TEXTS)
    found, nll = gradients(log_prob, model.trainable_variables, data(), pi, beta)
    assert np.abs(nll).max() > 0.01
    np.testing.assert_allclose(found, beta * pi * (1 - pi) * nll, atol=1e-6 * beta)


@pytest.mark.parametrize(("pi", "beta"), PIS_AND_BETAS)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_optimum_of_likelihood_is_stationary_for_every_pi(seed, pi, beta):
    """For a class that cannot represent P, by up to a nat and a half."""
    p = data(seed)
    logits = tf.Variable(most_likely(p))
    log_prob = functools.partial(chain_log_prob, logits)
    assert float(divergences.kl(np.log(p), log_prob())) > 0.5
    found, nll = gradients(log_prob, [logits], p, pi, beta)
    np.testing.assert_allclose(nll, 0, atol=1e-12)
    np.testing.assert_allclose(found, 0, atol=1e-12)


@pytest.mark.parametrize("pi", [0.1, 0.5, 0.9])
def test_a_discriminator_of_its_own_does_move_it(pi):
    """At the same optimum JS_π has a slope, which the best discriminator knows."""
    p = data()
    logits = tf.Variable(most_likely(p))
    with tf.GradientTape() as tape:
        js = divergences.generalised_js(np.log(p), chain_log_prob(logits), pi, scale="normalised")
    slope = tf.convert_to_tensor(tape.gradient(js, logits)).numpy()
    assert np.abs(slope).max() > 1e-3  # of likelihood's own it is 1e-12
