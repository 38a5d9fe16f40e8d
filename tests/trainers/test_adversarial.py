"""The adversarial trainer: each half-step is the formula, and the players meet."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo import spec
from zoo.batch import Batch
from zoo.data.base.splits import Images, batches
from zoo.errors import SpecError
from zoo.runs import building
from zoo.trainers import adversarial


def build(pair, objective="generalised_js()", rate=0.1):
    trainer = adversarial.build(
        pair, spec.build("objectives", objective), batch_size=8, seed=0, average_decay=0.0
    )
    trainer.compile(
        generator_optimizer=keras.optimizers.SGD(rate),
        discriminator_optimizer=keras.optimizers.SGD(rate),
        jit_compile=False,
    )
    return trainer


@pytest.mark.parametrize("weighting", ["logit_shift", "loss_weights", "batch_ratio"])
def test_a_step_is_one_of_each_player(pair, images, weighting):
    """Both half-steps, made by hand with the trainer's own samples."""
    objective = f"generalised_js(pi=0.25, weighting={weighting!r})"
    trainer = build(pair, objective)
    js = trainer.objective
    real = images.batch(0, trainer.num_real, seed=0)
    generator, discriminator = pair.generator, pair.discriminator
    moving = [v.numpy() for v in generator.non_trainable_variables]
    drawn = []
    sample = generator.sample
    generator.sample = lambda *arguments: drawn.append(sample(*arguments)) or drawn[-1]
    before = [v.numpy() for v in discriminator.trainable_variables]
    trainer.run_eagerly = True
    trainer.fit(batches(images, trainer.num_real, 0, 0, 1), shuffle=False, verbose=0)
    after = [v.numpy() for v in discriminator.trainable_variables]
    assert len(drawn[0].values) == js.num_generated(8)
    assert len(drawn[1].values) == 8
    for variable, value in zip(discriminator.trainable_variables, before, strict=True):
        variable.assign(value)
    with tf.GradientTape() as tape:
        logits = discriminator(tf.concat([real, drawn[0].values], axis=0))
        split = trainer.num_real
        loss = js.discriminator_loss(logits[:split], logits[split:], 0)
    gradients = tape.gradient(loss, discriminator.trainable_variables)
    for old, gradient, new in zip(before, gradients, after, strict=True):
        np.testing.assert_allclose(new, old - 0.1 * gradient.numpy(), atol=1e-5)
    assert any(
        np.abs(old - new.numpy()).max() > 0
        for old, new in zip(moving, generator.non_trainable_variables, strict=True)
    )


def test_the_discriminator_step_leaves_the_generator_alone(pair, images):
    trainer = build(pair)
    before = [v.numpy() for v in pair.generator.trainable_variables]
    real = Batch(images.batch(0, 8, seed=0))
    tf.function(lambda: trainer.update_discriminator(real, 0, pair.generator.sample))()
    for old, variable in zip(before, pair.generator.trainable_variables, strict=True):
        np.testing.assert_array_equal(old, variable)


def test_the_generator_learns_a_constant_image(digit):
    """With one grey image as the data, samples come to its mean grey."""
    keras.utils.set_random_seed(0)
    pair = spec.build("models", "dcgan(width=4, latent_size=5)", digit)
    trainer = adversarial.build(
        pair, spec.build("objectives", "generalised_js()"), batch_size=16, seed=0, average_decay=0.9
    )
    trainer.compile(
        generator_optimizer=keras.optimizers.Adam(2e-3, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(2e-3, beta_1=0.5),
        jit_compile=False,
    )
    data = Images(np.full([64, 28, 28, 1], 204, np.uint8))
    trainer.fit(batches(data, 16, 0, 0, 150), shuffle=False, verbose=0)
    with trainer.averaged():
        drawn = pair.generator.generate(tf.range(16, dtype=tf.int64)).numpy()
    assert abs(drawn.mean() - 0.8) < 0.1  # from 0.5 at the start


def test_a_scheduled_pi_moves_with_the_steps(pair, images):
    trainer = build(pair, "generalised_js(pi=[0.2, 0.8], pi_steps=4)", rate=0.001)
    seen = []
    keep = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(float(logs["pi"]))
    )
    trainer.fit(batches(images, 8, 0, 0, 6), shuffle=False, verbose=0, callbacks=[keep])
    np.testing.assert_allclose(seen, [0.2, 0.35, 0.5, 0.65, 0.8, 0.8])


@pytest.mark.parametrize("number", [0, 3])
def test_validation_is_the_bound_on_held_out_images_and_samples_of_the_batch(pair, images, number):
    trainer = build(pair, "generalised_js(pi=0.3)")
    real = images.batch(0, 8, seed=1)
    generated = pair.generator.generate(8 * number + tf.range(8, dtype=tf.int64))
    expected = trainer.objective.divergence_bound(
        pair.discriminator(real), pair.discriminator(generated), 0
    )
    found = trainer.test_step((real,), number)["divergence_bound"]
    assert float(found) == pytest.approx(float(expected), rel=1e-6)


@pytest.mark.parametrize(("step", "pi"), [(0, 0.2), (1, 0.2), (3, 0.5)])
def test_validation_is_by_pi_of_the_last_update(pair, images, step, pi):
    """The step counts updates that are done: the third is at step 2."""
    trainer = build(pair, "generalised_js(pi=[0.2, 0.8], pi_steps=4, weighting='loss_weights')")
    trainer.step.assign(step)
    real = images.batch(0, 8, seed=1)
    generated = pair.generator.generate(tf.range(8, dtype=tf.int64))
    objective = spec.build("objectives", f"generalised_js(pi={pi}, weighting='loss_weights')")
    expected = objective.divergence_bound(
        pair.discriminator(real), pair.discriminator(generated), 0
    )
    found = trainer.test_step((real,))["divergence_bound"]
    assert float(found) == pytest.approx(float(expected), rel=1e-6)


def test_more_steps_of_the_discriminator_are_each_on_examples_of_their_own(pair, images):
    """Two of them and one of the generator are what is done by hand with the parts in turn."""
    trainer = build(pair, "generalised_js(pi=0.25, discriminator_steps=2)")
    assert trainer.num_real == 16
    real = images.batch(0, 16, seed=0)
    variables = [v for part in trainer.components().values() for v in part]
    state = [variable.numpy() for variable in variables]
    trainer.train_step((real,))
    together = [variable.numpy() for variable in pair.discriminator.variables]
    for variable, value in zip(variables, state, strict=True):
        variable.assign(value)
    for number in range(2):
        part = Batch(real[8 * number : 8 * number + 8])
        trainer.update_discriminator(part, number, pair.generator.sample)
    for variable, value in zip(pair.discriminator.variables, together, strict=True):
        np.testing.assert_array_equal(variable, value)


def test_the_penalty_is_part_of_the_discriminator_s_step(pair, images):
    """Steps with two weights of it differ by its gradient."""
    real = Batch(images.batch(0, 8, seed=0))
    start = [variable.numpy() for variable in pair.discriminator.variables]
    steps = []
    for weight in (0.0, 2.0):
        trainer = build(pair, f"generalised_js(r1={weight})", rate=1.0)
        for variable, value in zip(pair.discriminator.variables, start, strict=True):
            variable.assign(value)
        if weight:
            with tf.GradientTape() as tape:
                penalty = trainer.objective.gradient_penalty(pair.discriminator.prefix_logits, real)
            gradients = tape.gradient(penalty, pair.discriminator.trainable_variables)
        trainer.update_discriminator(real, 0, pair.generator.sample)
        steps.append([v.numpy() for v in pair.discriminator.trainable_variables])
    for without, penalised, gradient in zip(*steps, gradients, strict=True):
        expected = 0 if gradient is None else gradient  # the last bias moves no slope
        np.testing.assert_allclose(without - penalised, expected, atol=1e-5)


def test_an_estimator_that_cannot_reach_the_generator_is_refused(language_model, pair):
    pair = type(pair)(language_model, pair.discriminator)
    with pytest.raises(
        SpecError, match=r"pathwise\(\) takes a \w+; .* not one.*: gumbel_softmax, reinforce"
    ):
        build(pair, 'generalised_js(estimator="pathwise()")')


def recorded(pair, trainer):
    """Lists that fill up: keys of draws, samples, and what the discriminator is shown."""
    keys, samples, shown = [], [], []
    sample, prefix_logits = pair.generator.sample, pair.discriminator.prefix_logits
    noise = trainer.objective.instance_noise

    def sampled(key, *rest):
        keys.append(key)
        samples.append(sample(key, *rest))
        return samples[-1]

    def scored(values, labels=None, key=None, training=False):
        keys.append(key)
        shown.append(values)
        return prefix_logits(values, labels, key, training)

    def noisy(batch, step, key):
        keys.append(key)
        return noise(batch, step, key)

    pair.generator.sample, pair.discriminator.prefix_logits = sampled, scored
    trainer.objective.instance_noise = noisy
    return keys, samples, shown


def test_no_draw_of_a_step_shares_its_key(pair, images):
    """Samples, noise and dropout, in two steps of the discriminator and one of the generator."""
    trainer = build(pair, "generalised_js(discriminator_steps=2)")
    keys, samples, _ = recorded(pair, trainer)
    trainer.train_step((images.batch(0, 16, seed=0),))
    assert len({tuple(key.numpy()) for key in keys}) == len(keys) == 9
    assert np.abs(samples[0].values - samples[1].values).max() > 1e-3


def test_all_that_the_discriminator_reads_has_the_noise_of_its_step(pair, images):
    """Data and samples, of training and of validation; 1.0, 0.5 and 0 of it in three steps.

    The penalty is on the slope at the same data.
    """
    noise = "instance_noise=0.4, instance_noise_steps=2"
    trainer = build(pair, f"generalised_js({noise}, r1=0.1)", rate=1e-4)
    _, samples, shown = recorded(pair, trainer)
    real = images.batch(0, 8, seed=0)
    for deviation in (0.4, 0.2, 0.0):
        samples.clear(), shown.clear()
        held_out = tf.concat([real, pair.generator.generate(tf.range(8, dtype=tf.int64))], 0)
        trainer.test_step((real,))
        trainer.train_step((real,))
        clean = [held_out, tf.concat([real, samples[0].values], 0), real, samples[1].values]
        np.testing.assert_array_equal(shown[2], shown[1][: len(real)])
        for before, after in zip(clean, shown, strict=True):
            for part in tf.split(after - before, len(before) // 8):
                assert np.std(part) == pytest.approx(deviation, rel=0.05, abs=1e-6)


def test_a_warm_up_keeps_the_generator_s_weights_and_then_lets_them_move(digit, images):
    """As an experiment builds it; the learning rate is then the cosine's at that step."""
    experiment = zoo.Experiment(
        data="mnist_5k",
        model="dcgan(width=4, latent_size=5)",
        objective="generalised_js(discriminator_warmup=2)",
        batch_size=8,
        steps=4,
        decay="cosine",
    )
    trainer = building.build_trainer(experiment, building.compose(experiment), digit)
    weights = trainer.generator.trainable_variables
    before, rates = [v.numpy() for v in weights], []
    for step in range(3):
        assert int(trainer.step.numpy()) == step
        rates.append(float(trainer.generator_optimizer.learning_rate))
        trainer.train_step((images.batch(step, 8, seed=0),))
        still = all(np.array_equal(v, old) for v, old in zip(weights, before, strict=True))
        assert still == (step < 2)
    np.testing.assert_allclose(rates, [0, 0, 1e-3 * (1 + np.cos(np.pi / 2)) / 2], atol=1e-9)
    assert float(trainer.second_optimizer.learning_rate) > 0


def test_a_warm_up_below_zero_is_refused():
    with pytest.raises(SpecError, match="discriminator_warmup=-1"):
        spec.build("objectives", "generalised_js(discriminator_warmup=-1)")
