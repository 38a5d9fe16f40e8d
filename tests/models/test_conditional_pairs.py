"""Pairs of image GANs whose data come with labels: Q is a density on pairs of image and class."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import domains, randomness, spec
from zoo.batch import Batch
from zoo.data.base.splits import Images, batches
from zoo.errors import SpecError
from zoo.trainers import adversarial

DOMAIN = domains.Image((8, 8, 1), num_classes=3)
SPECS = [
    "mlp_gan(width=8, latent_size=6, maxout_units=5, maxout_pieces=3, dropout=False)",
    "dcgan(width=4, latent_size=6, spectral_normalisation=True)",
    "resnet_gan(width=4, latent_size=6)",
]
KEY = randomness.key(0, 0, "test")


def build(text=SPECS[0], domain=DOMAIN):
    keras.utils.set_random_seed(0)
    return spec.build("models", text, domain)


@pytest.fixture(scope="module", params=SPECS, ids=["mlp", "dcgan", "resnet"])
def pair(request):
    return build(request.param)


def test_samples_are_pairs_with_uniform_classes():
    images, labels = build().generator.sample(KEY, 3000)
    assert images.shape == (3000, 8, 8, 1)
    assert labels.dtype == tf.int32
    counts = np.bincount(labels, minlength=3)
    # Four standard deviations of a binomial count.
    np.testing.assert_allclose(counts, 1000, atol=4 * np.sqrt(3000 * (1 / 3) * (2 / 3)))


def test_classes_have_a_key_other_than_the_latents():
    _, labels = build().generator.sample(KEY, 100)
    of_latents = randomness.integers(tf.constant(KEY, tf.int64), [100], 3)
    assert np.mean(labels.numpy() == of_latents.numpy()) < 0.6


def test_seeds_give_each_class_in_turn(pair):
    seeds = tf.constant([4, 5, 6, 4], tf.int64)
    images, labels = pair.generator.examples(seeds)
    np.testing.assert_array_equal(labels, [1, 2, 0, 1])
    np.testing.assert_array_equal(images, pair.generator.generate(seeds))
    np.testing.assert_array_equal(images, pair.generator.generate(seeds, labels))
    latents = pair.generator.latents_of(seeds)
    np.testing.assert_array_equal(images, pair.generator.decode(latents, labels))


def test_class_and_seed_make_the_image(pair):
    seeds, labels = tf.constant([7, 7, 8], tf.int64), tf.constant([0, 1, 1])
    images = pair.generator.generate(seeds, labels).numpy()
    # The weights of mlp_gan begin near 0: its images differ by some ten roundings of 0.5.
    assert np.abs(images[0] - images[1]).max() > 1e-6
    assert np.abs(images[1] - images[2]).max() > 1e-6


def test_the_logit_of_a_pair_is_the_image_s_and_what_its_class_adds():
    discriminator = build().discriminator
    images = tf.random.stateless_uniform([4, 8, 8, 1], [1, 2])
    labels = np.array([2, 0, 1, 2])
    *first, last = discriminator.stages
    features = images
    for stage in first:
        features = stage(features)
    kernel, bias = (np.asarray(v) for v in last.variables)
    affine = features @ kernel + bias  # ψ, v_0, v_1, v_2
    expected = affine[:, 0] + np.take_along_axis(affine.numpy(), labels[:, None] + 1, 1)[:, 0]
    logits = discriminator(images, labels)
    np.testing.assert_allclose(logits, expected, rtol=1e-5, atol=1e-8)
    assert logits.shape == (4,)


def test_gradients_reach_every_weight_and_every_class(pair):
    labels = tf.range(6) % 3
    real = tf.random.stateless_uniform([6, 8, 8, 1], [1, 2])
    with tf.GradientTape(persistent=True) as tape:
        generated = pair.generator.decode(pair.generator.latents(KEY, 6), labels, training=True)
        both = Batch(tf.concat([real, generated], 0), tf.tile(labels, [2]))
        logits = pair.discriminator(*both, training=True)
        loss = tf.reduce_mean(tf.nn.softplus(-logits[:6]) + tf.nn.softplus(logits[6:]))
    first = pair.generator.trainable_variables[0]  # the kernel: six rows of noise, one a class
    assert first.shape[0] == 6 + 3
    assert (np.abs(tape.gradient(loss, first)).max(axis=1) > 0).all()
    (kernel,) = [v for v in pair.discriminator.trainable_variables if v.shape[-1] == 4][-1:]
    assert (np.abs(tape.gradient(loss, kernel)).max(axis=0) > 0).all()


@pytest.mark.parametrize("text", SPECS)
def test_without_classes_nothing_is_added(text):
    pair = build(text, domains.Image((8, 8, 1)))
    images = pair.generator.sample(KEY, 2).values
    assert images.shape == (2, 8, 8, 1)
    assert pair.discriminator.prefix_logits(images).shape == (2, 1)
    assert pair.generator.trainable_variables[0].shape[0] == 6


def test_labels_that_are_missing_or_too_many_are_refused():
    latents = tf.zeros([2, 6])
    with pytest.raises(SpecError, match="conditioned on 3 classes; it got no labels"):
        build().generator.decode(latents)
    with pytest.raises(SpecError, match="conditioned on 0 classes; it got labels"):
        build(domain=domains.Image((8, 8, 1))).generator.decode(latents, [0, 0])
    images = tf.zeros([2, 8, 8, 1])
    with pytest.raises(SpecError, match="conditioned on 3 classes; it got no labels"):
        build().discriminator(images)
    with pytest.raises(SpecError, match="conditioned on 0 classes; it got labels"):
        build(domain=domains.Image((8, 8, 1))).discriminator(images, tf.constant([0, 0]))


def trainer_of(pair, objective):
    objective = spec.build("objectives", objective)
    trainer = adversarial.build(pair, objective, batch_size=16, seed=0, average_decay=0.9)
    trainer.compile(
        generator_optimizer=keras.optimizers.Adam(5e-3, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(5e-3, beta_1=0.5),
        jit_compile=False,
    )
    return trainer


def test_training_tells_classes_apart():
    """Images of the classes 0, 1 and 2 are black, white and black."""
    grey = np.array([0, 255, 0], np.uint8)
    data = Images(np.tile(grey[:, None, None, None], [20, 8, 8, 1]), np.tile([0, 1, 2], 20))
    pair = build()
    trainer = trainer_of(pair, "generalised_js()")
    trainer.fit(batches(data, 16, 0, 0, 100, labelled=True), shuffle=False, verbose=0)
    with trainer.averaged():
        images, labels = pair.generator.examples(tf.range(30, dtype=tf.int64))
    means = [images.numpy()[labels == label].mean() for label in range(3)]
    assert max(means[0], means[2]) < 0.1  # all begin at 0.5
    assert means[1] > 0.4  # and the white ones go down before they go up


def test_schedules_regularisers_and_more_steps_take_pairs():
    objective = "pi=[0.1, 0.9], pi_steps=4, r1=0.5, instance_noise=0.1, instance_noise_steps=9"
    pair = build()
    trainer = trainer_of(pair, f"generalised_js({objective}, discriminator_steps=2)")
    real = tf.random.stateless_uniform([32, 8, 8, 1], [1, 2]), tf.range(32) % 3
    before = [v.numpy() for v in pair.discriminator.trainable_variables]
    logs = trainer.train_step(real) | trainer.test_step(real)
    assert all(np.isfinite(float(value)) for value in logs.values())
    for old, variable in zip(before, pair.discriminator.trainable_variables, strict=True):
        assert np.abs(variable.numpy() - old).max() > 0
