"""Where all texts can be listed, the expectation of each estimate is an exact gradient."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from zoo import randomness, spec
from zoo.batch import Batch
from zoo.errors import SpecError
from zoo.estimators.reinforce import MovingAverage
from zoo.objectives import generalised_js

PI = 0.3
KEY = randomness.key(0, 0, "samples")


def gradient(known, estimator, score, count=64, key=KEY, step=0):
    """Of the loss, in the logits of the table."""
    estimator = spec.build("estimators", estimator) if isinstance(estimator, str) else estimator
    with tf.GradientTape() as tape:
        loss = estimator.loss(known.model, score, key, count, step)
    return tf.convert_to_tensor(tape.gradient(loss, known.model.network.logits.value)).numpy()


def score_of(known, generator_loss="exact"):
    """g of the exact log density ratio in place of a discriminator's."""
    objective = generalised_js.build(pi=PI, generator_loss=generator_loss)
    return known.score(lambda ratios: objective.generator_loss(ratios, 0))


def in_proportion(known):
    """Lets the generator give all texts in the proportions of Q: means are expectations."""
    known.model.sample = lambda key, count: Batch(tf.constant(known.batch))


def equal(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=0, atol=2e-6 * np.linalg.norm(expected))


@pytest.mark.parametrize(
    "loss", ["exact", "normalised", "reverse_kl", "forward_kl", "non_saturating"]
)
def test_its_expectation_is_the_gradient_of_the_divergence_of_texts(known_texts, loss):
    in_proportion(known_texts)
    estimate = gradient(known_texts, "reinforce(baseline='none')", score_of(known_texts, loss))
    equal(estimate, known_texts.gradient(loss, PI))


def test_its_value_is_the_mean_score(known_texts):
    in_proportion(known_texts)
    score = known_texts.score(lambda ratios: ratios)
    for rewards, times in (("whole", [2]), ("prefixes", [0, 1, 2])):
        estimator = spec.build("estimators", f"reinforce(rewards='{rewards}')")
        value = estimator.loss(known_texts.model, score, KEY, 64, 0)
        expected = np.sum(known_texts.q * known_texts.log_ratios[:, times].mean(axis=1))
        assert float(value) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("loss", ["exact", "forward_kl"])
def test_prefixes_follow_the_mean_of_the_divergences_of_prefixes(known_texts, loss):
    in_proportion(known_texts)
    score = score_of(known_texts, loss)
    estimate = gradient(known_texts, "reinforce(rewards='prefixes', baseline='none')", score)
    equal(estimate, known_texts.gradient(loss, PI, times=(0, 1, 2)))


def test_a_discount_is_biased(known_texts):
    in_proportion(known_texts)
    made = "reinforce(rewards='prefixes', discount=0.5, baseline='none')"
    estimate = gradient(known_texts, made, score_of(known_texts))
    expected = known_texts.gradient("exact", PI, times=(0, 1, 2))
    cosine = np.sum(estimate * expected) / np.linalg.norm(estimate) / np.linalg.norm(expected)
    assert cosine == pytest.approx(0.988, abs=1e-3)


def test_a_token_is_credited_with_the_costs_from_its_time_on():
    estimator = spec.build("estimators", "reinforce(rewards='prefixes', discount=0.5)")
    scores = tf.constant([[1.0, 2.0, 4.0], [0.0, 0.0, 8.0]])
    expected = np.array([[1 + 1 + 1, 2 + 2, 4], [2, 4, 8]]) / 3
    np.testing.assert_allclose(estimator.costs_to_go(scores), expected, rtol=1e-6)
    whole = spec.build("estimators", "reinforce()").costs_to_go(scores)
    np.testing.assert_array_equal(whole, [[4, 4, 4], [8, 8, 8]])


def test_leaving_one_out_is_unbiased(known_texts):
    """The mean over all batches of two texts, each as often as Q draws it."""
    score, batch = score_of(known_texts), tf.Variable(known_texts.texts[:2])
    known_texts.model.sample = lambda key, count: Batch(batch.value())
    estimator = spec.build("estimators", "reinforce(rewards='prefixes')")

    @tf.function
    def of_batch():
        with tf.GradientTape() as tape:
            loss = estimator.loss(known_texts.model, score, KEY, 2, 0)
        return tf.convert_to_tensor(tape.gradient(loss, known_texts.model.network.logits.value))

    expected, total = known_texts.gradient("exact", PI, times=(0, 1, 2)), 0
    every = zip(known_texts.texts, known_texts.q, strict=True)
    for (a, q_a), (b, q_b) in itertools.product(every, repeat=2):
        batch.assign([a, b])
        total += q_a * q_b * of_batch().numpy()
    equal(total, expected)


def test_a_moving_average_is_unbiased_and_follows_the_costs(known_texts):
    in_proportion(known_texts)
    made = "reinforce(baseline='moving_average', baseline_decay=0.15)"
    estimator, average = spec.build("estimators", made), 0.0
    for step, decay in ((0, 0.1), (1, 0.15), (2, 0.15)):  # 1/10 and 2/11 before the limit
        score = known_texts.score(lambda ratios, step=step: ratios + 10.0 * step)
        estimate = gradient(known_texts, estimator, score, step=step)
        equal(estimate, -known_texts.gradient("reverse_kl", PI))
        token_mask = known_texts.model.token_mask(known_texts.batch).numpy()
        last = score(Batch(known_texts.batch)).numpy()[:, -1:]
        average += (1 - decay) * (np.sum(token_mask * last) / token_mask.sum() - average)
        (variable,) = estimator.variables
        assert float(variable) == pytest.approx(average, rel=1e-5)


def test_what_comes_after_the_end_has_no_part_in_the_gradient(letters):
    model = spec.build("models", "lstm(units=4, layers=1)", letters)
    end, time = letters.vocabulary.end, letters.length
    texts = tf.constant([[2 if end != 2 else 3] + [end] * (time - 1)] * 2)
    model.sample = lambda key, count: Batch(texts)
    estimator = spec.build("estimators", "reinforce(baseline='none')")
    with tf.GradientTape(persistent=True) as tape:
        loss = estimator.loss(model, lambda batch: tf.ones(tf.shape(batch.values)), KEY, 2, 0)
        log_q = tf.nn.log_softmax(model.drawing_logits(texts))
        expected = tf.reduce_mean(tf.reduce_sum(tf.gather(log_q, texts, batch_dims=2)[:, :2], 1))
    for a, b in zip(
        *(tape.gradient(y, model.trainable_variables) for y in (loss, expected)), strict=True
    ):
        np.testing.assert_allclose(tf.convert_to_tensor(a), tf.convert_to_tensor(b), atol=1e-6)


def test_a_moving_average_is_that_of_the_steps_before():
    costs, baseline = tf.constant([[8.0], [4.0]]), MovingAverage(0.9)
    assert float(baseline(costs, tf.ones([2, 1]), 0)) == 0
    assert float(baseline(costs, tf.ones([2, 1]), 1)) == pytest.approx(0.9 * 6)


@pytest.mark.parametrize("rewards", ["whole", "prefixes"])
def test_rollouts_are_unbiased(known_texts, rewards):
    """The mean of 40 estimates lies within 4 standard errors at each logit."""
    score = score_of(known_texts, "reverse_kl")
    estimator = spec.build("estimators", f"reinforce(rewards='{rewards}', rollouts=3)")

    @tf.function
    def of_step(step):
        key = randomness.key(0, step, "samples")
        with tf.GradientTape() as tape:
            loss = estimator.loss(known_texts.model, score, key, 32, step)
        return tf.convert_to_tensor(tape.gradient(loss, known_texts.model.network.logits.value))

    estimates = np.stack([of_step(tf.constant(step)) for step in range(40)])
    times = (2,) if rewards == "whole" else (0, 1, 2)
    expected = known_texts.gradient("reverse_kl", PI, times)
    standard_error = estimates.std(axis=0, ddof=1) / np.sqrt(len(estimates))
    assert (np.abs(estimates.mean(axis=0) - expected) <= 4 * standard_error + 1e-6).all()
    assert np.linalg.norm(standard_error) < 0.2 * np.linalg.norm(expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("discount=0.9", "needs rewards='prefixes'"),
        ("rewards='prefixes', discount=0.0", "above 0"),
        ("baseline_decay=1.0", "below 1"),
        ("baseline_decay=0.5", "needs baseline='moving_average'"),
        ("rollouts=-1", "at least 0"),
    ],
)
def test_what_cannot_be_is_refused(arguments, message):
    with pytest.raises(SpecError, match=message):
        spec.build("estimators", f"reinforce({arguments})")
