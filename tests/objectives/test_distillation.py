"""Distillation: the divergence, the gradient through the student's own tokens, what is refused."""

import numpy as np
import pytest
import tensorflow as tf

from zoo import spec
from zoo.errors import SpecError


def build(**arguments):
    given = "".join(f", {key}={value!r}" for key, value in arguments.items())
    return spec.build("objectives", f"distillation(teacher='nowhere'{given})")


def log_probs(seed, shape):
    logits = np.random.default_rng(seed).normal(size=shape)
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


@pytest.mark.parametrize("pi", [0, 0.3, 1])
def test_the_divergence_is_its_formula(pi):
    log_t, log_s = log_probs(0, [2, 3, 5]), log_probs(1, [2, 3, 5])
    t, s = np.exp(log_t), np.exp(log_s)
    if pi in (0, 1):
        expected = (t * (log_t - log_s)).sum(-1) if pi == 0 else (s * (log_s - log_t)).sum(-1)
    else:
        log_m = np.log(pi * t + (1 - pi) * s)
        js = pi * (t * (log_t - log_m)).sum(-1) + (1 - pi) * (s * (log_s - log_m)).sum(-1)
        expected = js / (pi * (1 - pi))
    found = build(pi=float(pi)).divergence(tf.constant(log_t), tf.constant(log_s))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("pi", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("future", [False, True])
def test_the_gradient_is_the_exact_one_over_all_texts(known_texts, pi, future):
    """On a batch that holds each text as often as Q has it, means are expectations.

    Only the leave-one-out baseline differs from the mean: by the factor 64/63.
    """
    student, objective = known_texts.model, build(pi=pi, own=1.0, future=future)
    teacher = known_texts.table(known_texts.p, unknown=0.1)
    variable = student.network.logits

    def terms(texts, log_probs):
        log_t = tf.nn.log_softmax(teacher.network(teacher.shift(texts)))
        log_s = tf.nn.log_softmax(student.network(student.shift(texts)))
        drawn = tf.nn.log_softmax(student.drawing_logits(texts))
        nats = objective.divergence(log_t, log_s)
        return nats, tf.gather(drawn, texts, batch_dims=2) if log_probs else None

    def gradient(function):
        with tf.GradientTape() as tape:
            value = function()
        return tf.convert_to_tensor(tape.gradient(value, variable.value)).numpy()

    def expectation(through_prefixes):
        nats, log_probs = terms(known_texts.texts, True)
        mask = known_texts.token_mask
        q = tf.exp(tf.reduce_sum(tf.where(mask > 0, log_probs, 0.0), axis=-1))
        q = q if through_prefixes else tf.stop_gradient(q)
        return tf.reduce_sum(q * tf.reduce_sum(mask * nats, axis=-1)) / 3  # times

    def loss():
        mask = student.token_mask(known_texts.batch)
        return objective.loss(*terms(known_texts.batch, future), mask, 64)

    expected = gradient(lambda: expectation(through_prefixes=False))
    if future:
        expected += 64 / 63 * (gradient(lambda: expectation(through_prefixes=True)) - expected)
    assert np.abs(expected).max() > 1e-3
    np.testing.assert_allclose(gradient(loss), expected, atol=2e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pi": 1.5}, r"pi=1\.5 should be in \[0, 1\]"),
        ({"own": -0.1}, r"own=-0\.1 should be in \[0, 1\]"),
        ({"future": True}, "give own above 0"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, message):
    with pytest.raises(SpecError, match=message):
        build(**arguments)


def test_a_teacher_has_to_be_named():
    with pytest.raises(SpecError, match="distillation needs the argument 'teacher'"):
        spec.build("objectives", "distillation")
