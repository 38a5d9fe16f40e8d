"""Independent tokens: where they end is the product of the marginals."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from zoo import domains, spec
from zoo.batch import Batch
from zoo.divergences import kl
from zoo.tokenizers.vocabulary import Vocabulary

JOINT = np.array([[0.40, 0.05, 0.05], [0.02, 0.20, 0.03], [0.05, 0.05, 0.15]])
SIZE, LENGTH = 3, 4


@pytest.fixture
def model():
    """Of texts of four of the tokens a, b, c, without unknown and end."""
    domain = domains.Text(Vocabulary(["a", "b", "c"], "character"), LENGTH, contiguous=False)
    model = spec.build("models", "independent", domain)
    model.network.logits.assign(tf.random.stateless_normal(model.network.logits.shape, [1, 2]))
    return model


def test_maximum_likelihood_ends_at_the_product_of_the_marginals(tiny_run):
    """To 0.003 in each cell; KL[P‖Q] is then the mutual information of P, 0.33824 nats."""
    run = tiny_run(
        data=f"pairs(joint={JOINT.tolist()})",
        model="independent",
        steps=150,
        batch_size=16_384,
        learning_rate=0.1,
        decay="cosine",
    )
    cells = np.argwhere(np.ones_like(JOINT)).astype(np.int32)
    log_q = run.model.log_prob(cells).numpy().astype(np.float64)
    product = np.outer(JOINT.sum(axis=1), JOINT.sum(axis=0))
    np.testing.assert_allclose(np.exp(log_q).reshape(3, 3), product, atol=0.003)
    assert float(kl(np.log(JOINT.ravel()), log_q)) == pytest.approx(0.33824, abs=0.001)


def test_the_probability_is_the_product_of_the_rows(model):
    every = np.array(list(itertools.product(range(SIZE), repeat=LENGTH)), np.int32)
    rows = tf.nn.softmax(model.network.logits).numpy()
    expected = np.prod(rows[np.arange(LENGTH), every], axis=1)
    np.testing.assert_allclose(np.exp(model.log_prob(every)), expected, rtol=1e-5)
    assert expected.sum() == pytest.approx(1, rel=1e-5)


def test_samples_follow_the_rows(model):
    """Each token's share at each place of 20,000 samples, within 5 standard errors."""
    count = 20_000
    drawn = model.generate(tf.range(count, dtype=tf.int64), spec.build("samplers", "ancestral"))
    for column, row in zip(
        drawn.tokens.numpy().T, tf.nn.softmax(model.network.logits).numpy(), strict=True
    ):
        shares = np.bincount(column, minlength=SIZE) / count
        assert np.all(np.abs(shares - row) < 5 * np.sqrt(row * (1 - row) / count))
    np.testing.assert_allclose(drawn.log_prob[:50], model.log_prob(drawn.tokens[:50]), atol=1e-5)


def test_one_step_at_a_time_equals_the_whole_text_and_goes_on_beyond_it(model):
    tokens = tf.constant([[0, 1, 2, 0, 1, 1], [2, 2, 0, 1, 0, 2]])
    whole, last = model.network.run(tokens, model.network.initial_state(2))
    state = model.network.initial_state(2)
    for time in range(6):
        logits, state = model.network.step(tokens[:, time], state)
        np.testing.assert_array_equal(logits, whole[:, time])
        np.testing.assert_array_equal(logits[0], model.network.logits[min(time, LENGTH - 1)])
    np.testing.assert_array_equal(state, last)


def test_what_is_read_changes_nothing(model):
    """So that scheduled sampling is maximum likelihood."""
    tokens = tf.constant([[0, 1, 2, 0]])
    batch = [
        spec.build("objectives", objective).predict(
            model, Batch(tokens), 0, tf.constant([1, 2], tf.int64)
        )
        for objective in ("maximum_likelihood", "scheduled_sampling(keep_probability=0.0)")
    ]
    for one, other in zip(*batch, strict=True):
        np.testing.assert_array_equal(one, other)


def test_pixels_of_images_can_be_independent():
    """The likelihood of an image of patches of one pixel each is the product over its pixels."""
    bits = domains.Image((2, 2, 1), binary=True)
    model = spec.build("models", "independent(patch=[1, 1])", bits)
    probabilities = np.array([0.1, 0.5, 0.7, 0.9], np.float32)
    model.network.logits.assign(np.log([1 - probabilities, probabilities]).T)
    image = np.array([1, 0, 1, 0], np.float32).reshape(1, 2, 2, 1)
    np.testing.assert_allclose(np.exp(model.log_prob(image)), [0.1 * 0.5 * 0.7 * 0.1], rtol=1e-5)
