"""The autoregressive trainer: one step is the formula, many steps reach the data's entropy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import spec
from zoo.data.base.splits import batches
from zoo.runs import callbacks
from zoo.trainers import autoregressive


def build(model, average_decay=0.0, optimizer=None, **compiled):
    objective = spec.build("objectives", "maximum_likelihood")
    trainer = autoregressive.build(
        model, objective, batch_size=16, seed=0, average_decay=average_decay
    )
    trainer.compile(optimizer or keras.optimizers.SGD(0.5), jit_compile=False, **compiled)
    return trainer


def test_a_step_goes_down_the_gradient_of_the_mean_log_likelihood(language_model, texts):
    trainer = build(language_model)
    batch = texts.batch(0, 16, seed=0)
    with tf.GradientTape() as tape:
        loss = -tf.reduce_sum(language_model.log_prob(batch)) / tf.size(batch, tf.float32)
    variables = language_model.trainable_variables
    expected = [
        v.numpy() - 0.5 * tf.convert_to_tensor(g).numpy()
        for v, g in zip(variables, tape.gradient(loss, variables), strict=True)
    ]
    logs = trainer.fit(batches(texts, 16, 0, 0, 1), shuffle=False, verbose=0).history
    for variable, value in zip(variables, expected, strict=True):
        np.testing.assert_allclose(variable, value, atol=1e-6)
    num_tokens = language_model.token_mask(batch).numpy().sum()
    assert logs["nll"][0] == pytest.approx(float(loss) * batch.numpy().size / num_tokens, rel=1e-5)


def test_training_reaches_the_entropy_of_the_data(language_model, texts):
    """H of the first token is the entropy of the text; the rest follows from it."""
    trainer = build(language_model, optimizer=keras.optimizers.Adam(0.02))
    trainer.fit(batches(texts, 64, 0, 0, 400), shuffle=False, verbose=0)
    shares = np.unique(texts.values[:, 0], return_counts=True)[1] / len(texts)
    entropy = -np.sum(shares * np.log(shares))
    nats = -language_model.log_prob(texts.values).numpy().mean()
    assert entropy <= nats < entropy + 0.01  # what 400 steps leave


def test_validation_is_of_all_tokens_together(language_model, texts, tmp_path):
    """Of two batches with unlike numbers of tokens: not the mean of their means."""
    trainer = build(language_model)
    long, short = (
        texts.values[mask][:20] for mask in (texts.values[:, 0] == 2, texts.values[:, 0] > 2)
    )
    held_out = [(tf.constant(long),), (tf.constant(short),)]
    found = {}
    scalars = callbacks.Scalars(0, tmp_path, held_out, 1, lambda _, figures: found.update(figures))
    scalars.set_model(trainer)
    scalars.on_train_begin()
    scalars.after_step(1, {})
    nats = [-language_model.log_prob(*batch).numpy().sum() for batch in held_out]
    counts = [language_model.token_mask(*batch).numpy().sum() for batch in held_out]
    assert counts[0] > counts[1]
    assert found["nll"] == pytest.approx(sum(nats) / sum(counts), rel=1e-5)


def test_the_step_is_traced_once(language_model, texts):
    trainer = build(language_model)
    traced = []
    step = trainer.train_step
    trainer.train_step = lambda batch: traced.append(1) or step(batch)
    trainer.fit(batches(texts, 16, 0, 0, 5), shuffle=False, verbose=0)
    first = len(traced)
    trainer.fit(batches(texts, 16, 0, 5, 20), shuffle=False, verbose=0)
    assert len(traced) == first


def test_the_average_is_the_average(language_model, texts):
    trainer = build(language_model, average_decay=0.5)
    variable = language_model.variables[0]
    expected = variable.numpy().astype(np.float64)
    for step in range(6):
        trainer.fit(batches(texts, 16, 0, step, step + 1), shuffle=False, verbose=0)
        decay = min(0.5, (1 + step + 1) / (10 + step + 1))
        expected = decay * expected + (1 - decay) * variable.numpy()
    np.testing.assert_allclose(trainer.average[0], expected, atol=1e-6)


def test_averaged_weights_are_lent_and_taken_back(language_model, texts):
    trainer = build(language_model, average_decay=0.9)
    trainer.fit(batches(texts, 16, 0, 0, 3), shuffle=False, verbose=0)
    before = language_model.variables[0].numpy()
    with trainer.averaged():
        np.testing.assert_array_equal(language_model.variables[0], trainer.average[0])
    np.testing.assert_array_equal(language_model.variables[0], before)
    assert np.abs(before - trainer.average[0].numpy()).max() > 1e-4


def test_xla_makes_the_same_step(letters, texts):
    """Without dropout, whose masks XLA draws otherwise."""
    results = []
    for compiled in (False, True):
        keras.utils.set_random_seed(0)
        model = spec.build("models", "lstm(units=8, layers=2)", letters)
        objective = spec.build("objectives", "maximum_likelihood")
        trainer = autoregressive.build(model, objective, batch_size=16, seed=0, average_decay=0.0)
        trainer.compile(keras.optimizers.SGD(0.5), jit_compile=compiled)
        trainer.fit(batches(texts, 16, 0, 0, 3), shuffle=False, verbose=0)
        results.append([v.numpy() for v in model.variables])
    for plain, xla in zip(*results, strict=True):
        np.testing.assert_allclose(plain, xla, atol=1e-5)


def test_context_that_changes_nothing_is_of_no_use():
    """The same prediction at a time whatever came before: 0 nats, whatever the times' own are."""
    by_time = np.random.default_rng(0).normal(size=[1, 4, 5]).astype(np.float32)
    used = autoregressive.context_use(tf.constant(np.repeat(by_time, 6, 0)), tf.ones([6, 4]))
    assert float(used) == pytest.approx(0, abs=1e-6)


def test_context_that_tells_everything_is_worth_the_entropy_of_the_tokens():
    """Each of four texts is certain of another token: log 4, at the times that count."""
    certain = 50 * tf.one_hot(tf.repeat(tf.range(4)[:, None], 3, axis=1), 4)
    weights = tf.constant([[1.0, 1.0, 0.0]] * 4)
    assert float(autoregressive.context_use(certain, weights)) == pytest.approx(np.log(4), rel=1e-6)
    by_hand = 0.0
    random = np.random.default_rng(1).normal(size=[4, 3, 4])
    shares = np.exp(random) / np.exp(random).sum(-1, keepdims=True)
    for t in range(2):
        marginal = shares[:, t].mean(0)
        by_hand += np.mean((shares[:, t] * np.log(shares[:, t] / marginal)).sum(-1)) / 2
    used = autoregressive.context_use(tf.constant(random, tf.float32), weights)
    assert float(used) == pytest.approx(by_hand, rel=1e-5)
