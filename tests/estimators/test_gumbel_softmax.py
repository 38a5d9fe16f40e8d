"""The noise has the distribution that it is to have, and the bias of the gradient a known size."""

import numpy as np
import pytest
import tensorflow as tf

from zoo import randomness, spec
from zoo.batch import Batch
from zoo.errors import SpecError
from zoo.estimators.gumbel_softmax import perturbed
from zoo.objectives import generalised_js

KEY = randomness.key(0, 0, "samples")
PI = 0.3


def test_noise_and_token_are_as_if_the_noise_had_come_first():
    """Over tokens drawn from Q each perturbed logit is Gumbel, with the token at the largest."""
    probabilities, count = np.array([0.6, 0.3, 0.1, 0.0]), 20_000
    tokens = np.random.default_rng(0).choice(4, p=probabilities, size=count).astype(np.int32)
    with np.errstate(divide="ignore"):
        log_probs = np.broadcast_to(np.log(probabilities), [count, 4]).astype(np.float32)
    found = perturbed(tf.constant(tokens), tf.constant(log_probs), KEY).numpy()
    np.testing.assert_array_equal(found.argmax(axis=-1), tokens)
    assert (found[:, 3] == -np.inf).all()
    noise = found[:, :3] - log_probs[:, :3]
    # The mean of a standard Gumbel variable is Euler's constant, its variance π²/6, and that of
    # exp(-G) is 1 and 1; 4 standard errors.
    np.testing.assert_allclose(noise.mean(axis=0), 0.5772, atol=4 * np.sqrt(np.pi**2 / 6 / count))
    np.testing.assert_allclose(np.exp(-noise).mean(axis=0), 1, atol=4 / np.sqrt(count))
    products = np.exp(-noise[:, 0] - noise[:, 1])  # of independent ones: mean 1, variance 3
    np.testing.assert_allclose(products.mean(), 1, atol=4 * np.sqrt(3 / count))


def test_the_largest_and_the_others_are_drawn_apart():
    """From -log E_0 and -log(E_0 + 4 E_i) at Q = 1/4, E_i is found, and is not E_0."""
    found = perturbed(tf.constant([3]), tf.fill([1, 4], -np.log(4).astype(np.float32)), KEY)
    times = np.exp(-found.numpy()[0].astype(np.float64))
    assert (np.abs((times[:3] - times[3]) / 4 / times[3] - 1) > 1e-3).all()


def test_the_noise_has_a_key_of_its_own(known_texts, monkeypatch):
    keys, sample = [], known_texts.model.sample
    known_texts.model.sample = lambda key, count: keys.append(key) or sample(key, count)
    noisy = lambda *given: keys.append(given[-1]) or perturbed(*given)  # noqa: E731
    monkeypatch.setattr("zoo.estimators.gumbel_softmax.perturbed", noisy)
    estimator = spec.build("estimators", "gumbel_softmax()")
    estimator.loss(known_texts.model, lambda batch: tf.reduce_sum(batch.values, axis=-1), KEY, 4, 0)
    assert len({tuple(key.numpy()) for key in keys}) == len(keys) == 2


def relaxed_score(known):
    """g of the exact log density ratio, extended to relaxed tokens as linear in each of them."""
    objective = generalised_js.build(pi=PI, generator_loss="exact")
    every = np.stack(np.meshgrid(*[range(4)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    ended = np.cumsum(every == 1, axis=1) - (every == 1) > 0
    of_all = known.score(lambda ratios: objective.generator_loss(ratios, 0))
    table = tf.reshape(of_all(Batch(np.where(ended, 1, np.maximum(every, 1))))[:, -1], [4, 4, 4])
    return lambda batch: tf.einsum("bi,bj,bk,ijk->b", *tf.unstack(batch.values, axis=1), table)[
        :, None
    ]


def estimate(known, made, keys):
    """The mean gradient, in the logits of the table."""
    estimator, score = spec.build("estimators", made), relaxed_score(known)

    @tf.function
    def of_step(step):
        with tf.GradientTape() as tape:
            key = randomness.key(0, step, "samples")
            loss = estimator.loss(known.model, score, key, 256, step)
        return loss, tf.convert_to_tensor(tape.gradient(loss, known.model.network.logits.value))

    losses, gradients = zip(*[of_step(tf.constant(step)) for step in range(keys)], strict=True)
    return np.mean(losses), np.mean(gradients, axis=0)


# Cosines with the exact gradient. The tolerance is that of 5,120 samples, with which estimates at
# a low temperature still vary by a fifth of their length.
@pytest.mark.parametrize(("temperature", "cosine"), [(2.0, 0.78), (0.5, 0.97)])
def test_the_direction_is_not_that_of_the_divergence(known_texts, temperature, cosine):
    loss, found = estimate(known_texts, f"gumbel_softmax(temperature={temperature})", keys=20)
    expected = known_texts.gradient("exact", PI)
    assert np.isfinite(found).all()
    cosines = np.sum(found * expected) / np.linalg.norm(found) / np.linalg.norm(expected)
    assert cosines == pytest.approx(cosine, abs=0.05)
    # The value is the mean of g over texts of Q.
    ratios = known_texts.log_ratios[:, -1]
    values = -(1 - PI) * np.logaddexp(0, ratios + np.log(PI / (1 - PI)))
    mean, square = np.sum(known_texts.q * values), np.sum(known_texts.q * values**2)
    assert loss == pytest.approx(mean, abs=4 * np.sqrt((square - mean**2) / (20 * 256)))


def test_the_gradient_flows_through_a_discriminator(letters):
    pair = spec.build("models", "text_gan(generator='lstm(units=4, layers=1)', width=4)", letters)
    estimator = spec.build("estimators", "gumbel_softmax()")
    score = lambda batch: pair.discriminator.prefix_logits(*batch)  # noqa: E731
    with tf.GradientTape() as tape:
        loss = estimator.loss(pair.generator, score, KEY, 8, 0)
    texts = pair.generator.sample(KEY, 8).values
    assert float(loss) == pytest.approx(float(tf.reduce_mean(pair.discriminator(texts))), abs=1e-5)
    for gradient in tape.gradient(loss, pair.generator.trainable_variables):
        values = tf.convert_to_tensor(gradient).numpy()
        assert np.isfinite(values).all()
        assert np.abs(values).max() > 0


def test_the_temperature_falls_by_a_factor_and_then_stays():
    made = "gumbel_softmax(temperature=[1.0, 0.01], temperature_steps=20)"
    estimator = spec.build("estimators", made)
    found = [float(estimator.temperature_at(step)) for step in (0, 10, 20, 100)]
    np.testing.assert_allclose(found, [1, 0.1, 0.01, 0.01], rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("temperature=0.0", "at least 1e-6"),
        ("temperature=1e39", "finite"),  # infinite in float32
        ("temperature=[1e999, 1.0], temperature_steps=5", "finite"),
        ("temperature=[1.0, 0.0], temperature_steps=5", "at least 1e-6"),
        ("temperature=[1.0, 0.1]", "neither a constant"),
        ("temperature=1.0, temperature_steps=5", "nor a schedule"),
    ],
)
def test_what_cannot_be_is_refused(arguments, message):
    with pytest.raises(SpecError, match=message):
        spec.build("estimators", f"gumbel_softmax({arguments})")
