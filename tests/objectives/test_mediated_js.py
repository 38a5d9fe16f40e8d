"""Where all texts can be listed, the mixture is a table, and the gradient by it an exact one."""

import itertools
import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo import divergences, spec
from zoo.errors import SpecError
from zoo.objectives import mediated_js

PI = 0.3
P_COUNTS, Q_COUNTS = np.array([9, 1, 4, 4, 10, 12]), np.array([3, 8, 1, 6, 2, 5])
P, Q = P_COUNTS / P_COUNTS.sum(), Q_COUNTS / Q_COUNTS.sum()


def mixture(known):
    """The best mediator."""
    return known.table(PI * known.p + (1 - PI) * known.q, unknown=0)


def loss(objective, known, mediator, texts):
    log_q = tf.nn.log_softmax(known.model.drawing_logits(texts))
    log_m = tf.nn.log_softmax(mediator.network(mediator.shift(texts)))
    token_mask = known.model.token_mask(texts)
    return objective.generator_loss(texts, log_q, log_m, token_mask, 0)


def gradient(objective, known, mediator, texts):
    with tf.GradientTape() as tape:
        value = loss(objective, known, mediator, texts)
    return tf.convert_to_tensor(tape.gradient(value, known.model.network.logits.value))


def test_with_the_future_its_expectation_is_the_gradient_of_the_divergence(known_texts):
    """The mean over all batches of two texts, each as often as Q draws it."""
    objective = mediated_js.build(pi=PI, generator_loss="exact", future=True)
    mediator, total = mixture(known_texts), 0
    of_batch = tf.function(lambda texts: gradient(objective, known_texts, mediator, texts))
    every = zip(known_texts.texts, known_texts.q, strict=True)
    for (a, q_a), (b, q_b) in itertools.product(every, repeat=2):
        total += q_a * q_b * of_batch(tf.constant([a, b])).numpy()
    expected = known_texts.gradient("exact", PI)
    np.testing.assert_allclose(total, expected, rtol=0, atol=3e-6 * np.linalg.norm(expected))


def test_without_it_each_conditional_is_moved_to_the_mediator_s(known_texts):
    """In a table each prefix has a row: the gradient is Q(prefix) ∇KL[Q(·|prefix)‖M(·|prefix)]."""
    objective = mediated_js.build(pi=PI, generator_loss="exact")
    mediator = mixture(known_texts)
    found = gradient(objective, known_texts, mediator, known_texts.batch).numpy()
    expected = np.zeros_like(found)
    for text in known_texts.batch:
        row = 0
        for token in text:
            logits = [table.network.logits.numpy()[row] for table in (known_texts.model, mediator)]
            q, m = (np.exp(each - np.logaddexp.reduce(each[1:]))[1:] for each in logits)
            log = np.log(np.where(q > 1e-9, q / m, 1))
            expected[row, 1:] += (1 - PI) * q * (log - np.sum(q * log)) / 64
            if token == known_texts.domain.vocabulary.end:
                break
            row = 4 * row + token + 1
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_without_it_the_direction_is_another(known_texts):
    objective = mediated_js.build(pi=PI, generator_loss="exact")
    found = gradient(objective, known_texts, mixture(known_texts), known_texts.batch).numpy()
    expected = known_texts.gradient("exact", PI)
    cosine = np.sum(found * expected) / np.linalg.norm(found) / np.linalg.norm(expected)
    assert cosine == pytest.approx(0.997, abs=1e-3)


@pytest.mark.parametrize("future", [False, True])
def test_the_two_losses_are_one_up_to_their_scale(known_texts, future):
    """The value is the divergence, with which the future has nothing to do."""
    mediator = mixture(known_texts)
    exact, normalised = (
        mediated_js.build(pi=PI, generator_loss=name, future=future)
        for name in ("exact", "normalised")
    )
    values = [loss(o, known_texts, mediator, known_texts.batch) for o in (exact, normalised)]
    nats = known_texts.log_ratios[:, -1].astype(np.float64)  # log P - log Q
    expected = -np.sum(known_texts.q * np.log(PI * np.exp(nats) + 1 - PI))
    np.testing.assert_allclose(values, [(1 - PI) * expected, expected / PI], rtol=1e-4)
    slopes = [gradient(o, known_texts, mediator, known_texts.batch) for o in (exact, normalised)]
    np.testing.assert_allclose(slopes[1], slopes[0] / (PI * (1 - PI)), atol=1e-6)


def bound(log_ratios, pi):
    """From log M - log Q of each of six outcomes."""
    objective = mediated_js.build(pi=pi)
    log_ratios = np.asarray(log_ratios, np.float32)
    return float(
        objective.divergence_bound(
            tf.repeat(log_ratios, P_COUNTS), tf.repeat(log_ratios, Q_COUNTS), 0
        )
    )


@pytest.mark.parametrize("pi", [0.01, 0.1, 0.5, 0.9, 0.99])
def test_the_bound_is_the_divergence_at_the_best_mediator(pi):
    expected = divergences.generalised_js(np.log(P), np.log(Q), pi)
    ratios = np.log(pi * P + (1 - pi) * Q) - np.log(Q)
    assert bound(ratios, pi) == pytest.approx(float(expected), abs=2e-6)


@settings(deadline=None, max_examples=30)
@given(
    ratios=st.lists(st.floats(-50, 50), min_size=6, max_size=6),
    pi=st.floats(0.01, 0.99),
)
def test_no_mediator_exceeds_the_divergence(ratios, pi):
    found = bound(ratios, pi)
    assert math.isfinite(found)
    assert found <= float(divergences.generalised_js(np.log(P), np.log(Q), pi)) + 1e-5


def test_what_the_generator_cannot_draw_is_surely_data():
    objective = mediated_js.build(pi=0.5)
    found = objective.divergence_bound(tf.constant([np.inf]), tf.constant([0.0]), 0)
    # log(1 - s) = 0, and s = 1/2 of the sample.
    np.testing.assert_allclose(found, math.log(2) - 0.5 * math.log(2), rtol=1e-6)


def test_pi_follows_its_schedule():
    objective = spec.build("objectives", "mediated_js(pi=[0.2, 0.8], pi_steps=6)")
    np.testing.assert_allclose([objective.pi_at(step) for step in (0, 3, 9)], [0.2, 0.5, 0.8])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("pi=1.0", "between 0 and 1, both excluded"),
        ("pi=[0.1, 0.9]", "neither a constant"),
        ("mediator_steps=0", "at least 1"),
    ],
)
def test_what_cannot_be_is_refused(arguments, message):
    with pytest.raises(SpecError, match=rf"mediated_js: .*{message}"):
        spec.build("objectives", f"mediated_js({arguments})")


@pytest.mark.parametrize("future", [False, True])
def test_what_stands_after_the_end_does_not_count(future):
    """Texts of two tokens and of four: the value is by hand, and the gradient 0 after the end."""
    objective = mediated_js.build(pi=PI, generator_loss="exact", future=future)
    texts = tf.constant([[2, 1, 1, 1], [2, 3, 2, 1]])
    token_mask = tf.constant([[1.0, 1, 0, 0], [1, 1, 1, 1]])
    log_q, log_m = (
        tf.nn.log_softmax(tf.random.stateless_normal([2, 4, 4], [0, number])) for number in (0, 1)
    )
    with tf.GradientTape() as tape:
        tape.watch(log_q)
        value = objective.generator_loss(texts, log_q, log_m, token_mask, 0)
    slope = tape.gradient(value, log_q).numpy()
    each = np.sum(np.exp(log_q) * (log_q - log_m), axis=-1)
    assert value.numpy() == pytest.approx((1 - PI) * np.sum(token_mask * each) / 2, rel=1e-5)
    np.testing.assert_array_equal(slope[0, 2:], 0)
    assert np.all(np.any(slope[1] != 0, axis=-1))
