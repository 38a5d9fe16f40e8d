"""On a table, where p, q and the best discriminator are known, every claim has an exact answer."""

import math
import typing

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo import spec
from zoo.errors import SpecError
from zoo.objectives import generalised_js

PIS = [0.01, 0.1, 0.5, 0.9, 0.99]
WEIGHTINGS = typing.get_args(generalised_js.Weighting)

# Batches that hold each of six tokens in the exact proportions of P and of Q, so that their
# means are expectations.
P_COUNTS, Q_COUNTS = np.array([9, 1, 4, 4, 10, 12]), np.array([3, 8, 1, 6, 2, 5])
P, Q = P_COUNTS / P_COUNTS.sum(), Q_COUNTS / Q_COUNTS.sum()
P_BATCH, Q_BATCH = (np.repeat(np.arange(6), counts) for counts in (P_COUNTS, Q_COUNTS))
R = np.log(P / Q)

counts = st.lists(st.integers(1, 12), min_size=6, max_size=6).map(np.array)


def kl(p, q):
    return tf.reduce_sum(p * (tf.math.log(p) - tf.math.log(q)))


def js(p, q, pi):
    m = pi * p + (1 - pi) * q
    return pi * kl(p, m) + (1 - pi) * kl(q, m)


DIVERGENCES = {
    "exact": js,
    "normalised": lambda p, q, pi: js(p, q, pi) / (pi * (1 - pi)),
    "reverse_kl": lambda p, q, pi: kl(q, p),
    "forward_kl": lambda p, q, pi: kl(p, q),
    "non_saturating": lambda p, q, pi: kl(q, p) - js(p, q, pi) / (1 - pi),
}


def divergence_gradient(divergence, pi, p=P, q=Q):
    """Its gradient in the logits of q."""
    theta = tf.Variable(np.log(q))
    with tf.GradientTape() as tape:
        value = divergence(tf.constant(p), tf.nn.softmax(theta), pi)
    return tape.gradient(value, theta).numpy()


def loss_gradient(objective, pi, r=R, q_counts=Q_COUNTS):
    """The gradient in the logits of q of E_Q[g], with g held fixed at the best response."""
    theta = tf.Variable(np.log(q_counts / q_counts.sum()))
    q_batch = np.repeat(np.arange(6), q_counts)
    g = objective.generator_loss(tf.gather(best_logits(objective, pi, r), q_batch), 0)
    with tf.GradientTape() as tape:
        log_q = tf.gather(tf.nn.log_softmax(theta), q_batch)
        value = tf.reduce_mean(tf.stop_gradient(g) * log_q)
    return tape.gradient(value, theta).numpy()


def best_logits(objective, pi, r=R):
    shift = 0 if objective.weighting == "logit_shift" else math.log(pi / (1 - pi))
    return tf.constant(r + shift)


def bound(objective, logits):
    return objective.divergence_bound(tf.gather(logits, P_BATCH), tf.gather(logits, Q_BATCH), 0)


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("name", DIVERGENCES)
@settings(deadline=None, max_examples=20)
@given(p_counts=counts, q_counts=counts, pi=st.floats(0.001, 0.999))
def test_each_generator_loss_follows_the_divergence_that_it_names(
    name, weighting, p_counts, q_counts, pi
):
    p, q = p_counts / p_counts.sum(), q_counts / q_counts.sum()
    objective = generalised_js.build(pi=pi, generator_loss=name, weighting=weighting)
    expected = divergence_gradient(DIVERGENCES[name], pi, p, q)
    np.testing.assert_allclose(
        loss_gradient(objective, pi, np.log(p / q), q_counts),
        expected,
        rtol=0,
        atol=1e-10 * np.linalg.norm(expected) + 1e-13,
    )


@pytest.mark.parametrize("pi", PIS)
def test_non_saturating_does_not_follow_js(pi):
    actual = loss_gradient(generalised_js.build(pi=pi, generator_loss="non_saturating"), pi)
    direction = divergence_gradient(js, pi)
    cosine = actual @ direction / np.linalg.norm(actual) / np.linalg.norm(direction)
    assert cosine < 0.98


def test_every_generator_loss_is_documented_and_tested():
    assert typing.get_args(generalised_js.GeneratorLoss) == tuple(generalised_js.GENERATOR_LOSSES)
    assert set(DIVERGENCES) == set(generalised_js.GENERATOR_LOSSES)


def test_forward_kl_is_normalised_by_its_batch():
    objective = generalised_js.build(generator_loss="forward_kl")
    ratios = tf.constant([-3.0, 0.5, 2.0], tf.float64)
    expected = -np.exp(ratios) / np.mean(np.exp(ratios))
    for scale in (0.0, 1000.0):  # exp(1000) is beyond float64
        actual = objective.generator_loss(ratios + scale, 0)
        np.testing.assert_allclose(actual, expected, rtol=1e-12)


def test_forward_kl_is_normalised_over_the_batch_alone():
    """Prefixes of texts, [batch, time]: each length has its own mean."""
    objective = generalised_js.build(generator_loss="forward_kl")
    ratios = np.array([[-3.0, 1.0], [0.5, -1.0], [2.0, 4.0]])
    expected = -np.exp(ratios) / np.exp(ratios).mean(axis=0)
    np.testing.assert_allclose(objective.generator_loss(ratios, 0), expected, rtol=1e-12)


def test_no_gradient_flows_through_the_normalisation_of_forward_kl():
    """Otherwise the mean of the loss would be -1 whatever the samples are, its gradient 0."""
    objective = generalised_js.build(generator_loss="forward_kl")
    ratios = tf.constant([-3.0, 0.5, 2.0], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(ratios)
        loss = tf.reduce_mean(objective.generator_loss(ratios, 0))
    expected = -np.exp(ratios) / np.sum(np.exp(ratios))
    np.testing.assert_allclose(tape.gradient(loss, ratios), expected, rtol=1e-12)


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("pi", PIS)
def test_the_bound_is_the_divergence_at_the_best_response(pi, weighting):
    objective = generalised_js.build(pi=pi, weighting=weighting)
    actual = bound(objective, best_logits(objective, pi))
    np.testing.assert_allclose(actual, js(P, Q, pi), rtol=1e-12)


@settings(deadline=None, max_examples=60)
@given(
    logits=st.lists(st.floats(-30, 30), min_size=6, max_size=6),
    pi=st.floats(0.001, 0.999),
    weighting=st.sampled_from(WEIGHTINGS),
)
def test_no_discriminator_exceeds_the_divergence(logits, pi, weighting):
    objective = generalised_js.build(pi=pi, weighting=weighting)
    assert bound(objective, tf.constant(logits, tf.float64)) <= js(P, Q, pi) + 1e-14


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("pi", PIS)
def test_every_weighting_has_the_same_optimum(pi, weighting):
    objective = generalised_js.build(pi=pi, weighting=weighting)
    logits = tf.Variable(np.zeros(6))
    for _ in range(30):  # Newton's method; the Hessian is diagonal
        with tf.GradientTape() as outer:
            with tf.GradientTape() as tape:
                loss = objective.discriminator_loss(
                    tf.gather(logits, P_BATCH), tf.gather(logits, Q_BATCH), 0
                )
            slope = tf.convert_to_tensor(tape.gradient(loss, logits))
        curvature = tf.convert_to_tensor(outer.gradient(slope, logits))
        logits.assign_sub(slope / curvature)
    np.testing.assert_allclose(
        objective.log_density_ratio(tf.convert_to_tensor(logits), 0), R, rtol=1e-9
    )


def test_a_schedule_is_linear_and_then_constant():
    objective = spec.build("objectives", "generalised_js(pi=[0.1, 0.9], pi_steps=20000)")
    assert objective.pi_at(0) == 0.1
    np.testing.assert_allclose(objective.pi_at(5_000), 0.3, rtol=1e-15)
    np.testing.assert_allclose(objective.pi_at(tf.constant(10_000)), 0.5, rtol=1e-15)
    assert objective.pi_at(20_000) == 0.9
    assert tf.function(objective.pi_at)(tf.constant(10**9, tf.int64)) == 0.9


@pytest.mark.parametrize("weighting", ["logit_shift", "loss_weights"])
def test_losses_are_those_of_pi_at_their_step(weighting):
    made = f"generalised_js(pi=[0.2, 0.8], pi_steps=6, weighting={weighting!r})"
    scheduled, logits = spec.build("objectives", made), tf.constant([[1.0], [-0.5]])
    constant = generalised_js.build(pi=0.5, weighting=weighting)
    for name, arguments in {
        "discriminator_loss": (logits, -logits),
        "generator_loss": (logits,),
        "divergence_bound": (logits, -logits),
        "log_density_ratio": (logits,),
    }.items():
        found, expected = (getattr(o, name)(*arguments, 3) for o in (scheduled, constant))
        np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert float(scheduled.logged(3)["pi"]) == pytest.approx(0.5)


def test_a_constant_is_kept_in_float64():
    pi = generalised_js.build(pi=0.1).pi_at(tf.constant(7))
    assert pi.dtype == tf.float64
    assert pi == 0.1  # which float32 cannot hold


@pytest.mark.parametrize("pi", [1e-7, 1 - 1e-7])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_constants_are_accurate_at_both_ends(pi, dtype):
    tolerance = 1e-6 if dtype == "float32" else 1e-9
    weighted = generalised_js.build(pi=pi, weighting="loss_weights", generator_loss="exact")
    logits = tf.constant([0.0, 1.0], dtype)
    ratios = weighted.log_density_ratio(logits, 0)
    assert ratios.dtype == dtype
    log_odds = math.log(pi) - math.log1p(-pi)
    np.testing.assert_allclose(ratios, logits.numpy() - log_odds, rtol=tolerance)
    losses = weighted.generator_loss(logits, 0)
    assert losses.dtype == dtype
    np.testing.assert_allclose(losses, -(1 - pi) * np.log1p(np.exp([0.0, 1.0])), rtol=tolerance)


@pytest.mark.parametrize("pi", PIS)
@pytest.mark.parametrize("name", DIVERGENCES)
def test_gradients_are_finite_however_sure_the_discriminator_is(name, pi):
    objective = generalised_js.build(pi=pi, generator_loss=name)
    logits = tf.constant([-1e4, -50.0, 0.0, 50.0, 1e4])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        generator_loss = objective.generator_loss(logits, 0)
        discriminator_loss = objective.discriminator_loss(logits, logits, 0)
    assert generator_loss.shape == logits.shape
    assert discriminator_loss.shape == ()
    for loss in (generator_loss, discriminator_loss):
        assert np.isfinite(loss).all()
        assert np.isfinite(tape.gradient(loss, logits)).all()


@pytest.mark.parametrize("weighting", ["logit_shift", "loss_weights"])
def test_batches_are_balanced_by_default(weighting):
    objective = generalised_js.build(pi=0.1, weighting=weighting)
    assert (objective.num_real(64), objective.num_generated(64)) == (64, 64)


@pytest.mark.parametrize(
    ("pi", "batch_size", "counts"),
    [
        (0.1, 50, (10, 90)),
        (0.01, 8, (1, 15)),
        (0.99, 8, (15, 1)),
        (0.3, 4, (2, 6)),
        (0.29, 50, (29, 71)),
    ],
)
def test_batch_ratio_shares_the_batch_by_pi(pi, batch_size, counts):
    objective = generalised_js.build(pi=pi, weighting="batch_ratio")
    assert (objective.num_real(batch_size), objective.num_generated(batch_size)) == counts


@pytest.mark.parametrize("pi", ["0", "1", "1.0", "-0.1", "1.5", "1e999", "[0.1, 1]", "[-0.2, 0.9]"])
def test_pi_outside_the_open_interval_is_refused_by_the_name_of_the_limit(pi):
    steps = ", pi_steps=10" if pi.startswith("[") else ""
    with pytest.raises(SpecError, match=r"maximum_likelihood.*generator_loss='reverse_kl'"):
        spec.build("objectives", f"generalised_js(pi={pi}{steps})")


@pytest.mark.parametrize(
    "arguments",
    [
        "pi=[0.1, 0.9]",
        "pi=0.5, pi_steps=10",
        "pi=[0.1], pi_steps=10",
        "pi=[0.1, 0.2, 0.3], pi_steps=10",
        "pi=[], pi_steps=10",
        "pi=[0.1, 0.9], pi_steps=-1",
        "pi=0.5, pi_steps=-1",
    ],
)
def test_what_is_neither_constant_nor_schedule_is_refused(arguments):
    with pytest.raises(SpecError, match=r"neither a constant.* nor a schedule"):
        spec.build("objectives", f"generalised_js({arguments})")


def test_batch_ratio_refuses_a_schedule():
    with pytest.raises(SpecError, match="'logit_shift' or 'loss_weights'"):
        generalised_js.build(pi=[0.1, 0.9], pi_steps=10, weighting="batch_ratio")
