"""The cooperative trainer: each half-step is the formula, and Q and its mediator meet the data."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo import divergences, spec
from zoo.batch import Batch
from zoo.data.base.splits import batches
from zoo.errors import SpecError
from zoo.runs import building
from zoo.trainers import cooperative

JOINT = [[0.4, 0.05, 0.05], [0.02, 0.2, 0.03], [0.05, 0.05, 0.15]]
EVERY = np.argwhere(np.ones([3, 3])).astype(np.int32)


@pytest.fixture
def mediated(letters):
    keras.utils.set_random_seed(0)
    return spec.build("models", "mediated(generator='lstm(units=8, layers=1)')", letters)


def build(model, objective, optimizer, batch_size=8):
    trainer = cooperative.build(
        model, spec.build("objectives", objective), batch_size=batch_size, seed=0, average_decay=0.0
    )
    trainer.compile(
        generator_optimizer=optimizer(), mediator_optimizer=optimizer(), jit_compile=False
    )
    return trainer


def sgd():
    return keras.optimizers.SGD(0.1)


def values(network):
    return [variable.numpy() for variable in network.trainable_variables]


def test_a_step_is_one_of_the_mediator_and_one_of_the_generator(mediated, texts):
    """Both made by hand with the trainer's own samples."""
    trainer = build(mediated, "mediated_js(pi=0.25, generator_loss='exact')", sgd)
    generator, mediator, real = mediated.generator, mediated.mediator, texts.batch(0, 8, seed=0)
    before, drawn = {n: values(m) for n, m in mediated.networks().items()}, []
    sample = generator.sample
    generator.sample = lambda *arguments: drawn.append(sample(*arguments)) or drawn[-1]
    trainer.train_step((real,))
    after = {name: values(network) for name, network in mediated.networks().items()}
    for network, old in zip((generator, mediator), before.values(), strict=True):
        for variable, value in zip(network.trainable_variables, old, strict=True):
            variable.assign(value)

    def mediator_loss():
        nats = [-tf.reduce_sum(mediator.log_prob(each)) / 32 for each in (real, drawn[0].values)]
        return 0.25 * nats[0] + 0.75 * nats[1]  # 32 tokens, the end and what follows included

    check_descent(mediator, mediator_loss, before["mediator"], after["mediator"])
    for variable, value in zip(mediator.trainable_variables, after["mediator"], strict=True):
        variable.assign(value)

    texts = drawn[1].values

    def generator_loss():
        log_q = tf.nn.log_softmax(generator.drawing_logits(texts))[..., 1:]  # unknown is first
        log_m = tf.nn.log_softmax(mediator.network(mediator.shift(texts)))[..., 1:]
        nats = tf.reduce_sum(tf.exp(log_q) * (log_q - log_m), axis=-1)
        return 0.75 * tf.reduce_sum(generator.token_mask(texts) * nats) / 8

    check_descent(generator, generator_loss, before["generator"], after["generator"])


def check_descent(network, loss, before, after):
    """The step is 0.1 times the gradient of the loss."""
    with tf.GradientTape() as tape:
        value = loss()
    gradients = tape.gradient(value, network.trainable_variables)
    for old, gradient, new in zip(before, gradients, after, strict=True):
        np.testing.assert_allclose(new, old - 0.1 * tf.convert_to_tensor(gradient), atol=1e-6)


def test_more_steps_of_the_mediator_are_each_on_examples_of_their_own(mediated, texts):
    trainer = build(mediated, "mediated_js(mediator_steps=2)", sgd)
    assert trainer.num_real == 16
    real = texts.batch(0, 16, seed=0)
    variables = [v for part in trainer.components().values() for v in part]
    state = [variable.numpy() for variable in variables]
    trainer.train_step((real,))
    together = values(mediated.mediator)
    for variable, value in zip(variables, state, strict=True):
        variable.assign(value)
    for number in range(2):
        trainer.update_mediator(Batch(real[8 * number : 8 * number + 8]), number)
    for found, expected in zip(values(mediated.mediator), together, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_no_draw_of_a_step_shares_its_key(mediated, texts):
    """Samples and dropout, in two steps of the mediator and one of the generator."""
    trainer = build(mediated, "mediated_js(mediator_steps=2)", sgd)
    keys, sample, call = [], mediated.generator.sample, mediated.mediator.network.call
    mediated.generator.sample = lambda key, *rest: keys.append(key) or sample(key, *rest)

    def called(tokens, *rest, key=None, **more):
        keys.extend([] if key is None else [key])
        return call(tokens, *rest, key=key, **more)

    mediated.mediator.network.call = called
    trainer.train_step((texts.batch(0, 16, seed=0),))
    assert len({tuple(key.numpy()) for key in keys}) == len(keys) == 5


def test_the_mediator_counts_nothing_after_the_end(mediated, texts):
    trainer, given = build(mediated, "mediated_js()", sgd), []
    loss, real = trainer.objective.mediator_loss, texts.batch(0, 8, seed=0)
    end = mediated.generator.sequence.vocabulary.end
    real = tf.concat([real[:, :1], tf.fill([8, real.shape[1] - 1], end)], axis=1)
    trainer.objective.mediator_loss = lambda *nats: given.extend(nats) or loss(*nats)
    trainer.train_step((real,))
    token_mask = mediated.generator.token_mask(real).numpy()
    assert (token_mask == 0).any()
    np.testing.assert_array_equal(given[0].numpy() > 0, token_mask > 0)


@pytest.mark.parametrize(("step", "pi"), [(0, 0.1), (1, 0.1), (3, 0.5)])
def test_validation_is_the_likelihood_and_the_bound_on_held_out_texts(mediated, texts, step, pi):
    """By π of the last update; the step counts updates that are done."""
    trainer = build(mediated, "mediated_js(pi=[0.1, 0.9], pi_steps=4)", sgd)
    trainer.step.assign(step)
    real = texts.batch(0, 8, seed=1)
    found = trainer.test_step((real,))
    num_tokens = mediated.generator.token_mask(real).numpy().sum()
    nll = -mediated.generator.log_prob(real).numpy().sum() / num_tokens
    total, count = found["nll"]
    assert float(total / count) == pytest.approx(nll, rel=1e-5)
    generated = mediated.generator.examples(tf.range(8, dtype=tf.int64)).values
    ratios = []
    for each in (real, generated):
        logits = mediated.generator.drawing_logits(each).numpy()[..., 1:]
        log_q = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
        picked = np.take_along_axis(log_q, each.numpy()[..., None] - 1, axis=-1)[..., 0]
        counted = mediated.generator.token_mask(each).numpy()
        ratios.append(mediated.mediator.log_prob(each).numpy() - np.sum(counted * picked, axis=-1))
    objective = spec.build("objectives", f"mediated_js(pi={pi})")
    expected = objective.divergence_bound(*ratios, 0)
    assert float(found["divergence_bound"]) == pytest.approx(float(expected), abs=1e-5)


def test_generator_and_mediator_come_to_the_data():
    dataset = spec.build("data", f"pairs(joint={JOINT})", None)
    model = spec.build("models", "mediated(generator='table')", dataset.domain)
    objective = "mediated_js(pi=[0.1, 0.9], pi_steps=100, future=True)"
    trainer = build(model, objective, lambda: keras.optimizers.Adam(0.05), batch_size=64)
    trainer.fit(batches(dataset.train, 64, 0, 0, 150), shuffle=False, verbose=0)
    log_p = dataset.log_prob(EVERY)
    for network in (model.generator, model.mediator):
        log_q = tf.cast(network.log_prob(EVERY), tf.float64)
        assert divergences.generalised_js(log_p, log_q, 0.5) < 0.01  # 0.10 at the start


def test_a_warm_up_keeps_the_generator_s_weights_and_then_lets_them_move(letters, texts):
    experiment = zoo.Experiment(
        data="surnames",
        model="mediated(generator='lstm(units=8, layers=1)')",
        objective="mediated_js(mediator_warmup=2)",
        batch_size=4,
        steps=4,
    )
    trainer = building.build_trainer(experiment, building.compose(experiment), letters)
    before, of_mediator = values(trainer.generator), values(trainer.mediator)
    for step in range(3):
        trainer.train_step((texts.batch(step, 4, seed=0),))
        still = all(map(np.array_equal, values(trainer.generator), before))
        assert still == (step < 2)
        assert not all(map(np.array_equal, values(trainer.mediator), of_mediator))


def test_a_warm_up_below_zero_is_refused():
    with pytest.raises(SpecError, match="mediator_warmup=-1"):
        spec.build("objectives", "mediated_js(mediator_warmup=-1)")
