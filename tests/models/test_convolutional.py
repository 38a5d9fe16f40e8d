"""What the convolutional pairs have in common: shapes, ranges, and what an answer depends on."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import domains, randomness, spec
from zoo.errors import SpecError

NAMES = ["dcgan", "resnet_gan"]
SPECS = [
    f"{name}(width=4, latent_size=6, spectral_normalisation={spectral})"
    for name in NAMES
    for spectral in (False, True)
]
KEY = (0, 0, "test")


def build(text, seed=0, shape=(28, 28, 1)):
    keras.utils.set_random_seed(seed)
    return spec.build("models", text, domains.Image(shape))


@pytest.fixture(scope="module", params=SPECS)
def pair(request):
    return build(request.param)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 20, 3)])
def test_images_have_the_shape_of_the_data_and_lie_between_0_and_1(name, shape):
    pair = build(f"{name}(width=4, latent_size=6)", shape=shape)
    images = pair.generator.sample(randomness.key(*KEY), 5).values
    assert images.shape == (5, *shape)
    assert images.dtype == tf.float32
    assert 0 <= images.numpy().min() < images.numpy().max() <= 1
    logits = pair.discriminator(images)
    assert logits.shape == (5,)
    assert logits.dtype == tf.float32


@pytest.mark.parametrize("name", NAMES)
def test_the_discriminator_may_have_another_width(name):
    pair, narrow, wide = (
        build(f"{name}(width={width}, latent_size=6, discriminator_width={other})")
        for width, other in ((4, 8), (4, None), (8, None))
    )

    def shapes(network):
        return [weight.shape for weight in network.weights]

    assert shapes(pair.generator) == shapes(narrow.generator)
    assert shapes(pair.discriminator) == shapes(wide.discriminator)
    assert shapes(narrow.discriminator) != shapes(wide.discriminator)


def test_latents_are_standard_normal(pair):
    latents = pair.generator.latents(randomness.key(*KEY), 20_000).numpy()
    assert latents.shape == (20_000, 6)
    # Five standard errors of the mean and of the variance of 120,000 draws.
    np.testing.assert_allclose(latents.mean(), 0, atol=5 / np.sqrt(latents.size))
    np.testing.assert_allclose(latents.var(), 1, atol=5 * np.sqrt(2 / latents.size))


def test_generate_decodes_the_latents_of_seeds(pair):
    seeds = tf.constant([3, 1, -5, 2**40], tf.int64)
    expected = pair.generator.decode(pair.generator.latents_of(seeds))
    np.testing.assert_array_equal(pair.generator.generate(seeds), expected)


@pytest.mark.parametrize("text", SPECS)
def test_one_seed_gives_one_network_and_its_weights_give_it_again(text):
    first, again, other = build(text, 1), build(text, 1), build(text, 2)
    seeds = tf.range(3, dtype=tf.int64)

    def outputs(pair):
        images = pair.generator.generate(seeds)
        return np.concatenate([np.ravel(images), pair.discriminator(images)])

    np.testing.assert_array_equal(outputs(again), outputs(first))
    assert np.abs(outputs(other) - outputs(first)).max() > 1e-3
    first.generator.sample(randomness.key(*KEY), 8)  # moves the statistics
    first.discriminator(tf.zeros([2, 28, 28, 1]), training=True)
    other.generator.set_weights(first.generator.get_weights())
    other.discriminator.set_weights(first.discriminator.get_weights())
    np.testing.assert_array_equal(outputs(other), outputs(first))


def test_a_seeds_image_does_not_depend_on_its_neighbours(pair):
    together = pair.generator.generate(tf.constant([3, 1, 4, 1], tf.int64))
    alone = pair.generator.generate(tf.constant([4], tf.int64))
    np.testing.assert_allclose(together[2], alone[0], atol=1e-5)
    np.testing.assert_allclose(together[1], together[3], atol=1e-5)
    assert np.abs(together[0] - together[1]).max() > 1e-3


def test_a_logit_does_not_depend_on_the_rest_of_the_batch(pair):
    images = tf.random.stateless_uniform([6, 28, 28, 1], [1, 2])
    np.testing.assert_allclose(
        pair.discriminator(images)[2:4], pair.discriminator(images[2:4]), rtol=1e-4, atol=1e-6
    )


def test_training_records_statistics_and_inference_does_not(pair):
    def sampled(training):
        before = [v.numpy() for v in pair.generator.non_trainable_variables]
        pair.generator.sample(randomness.key(*KEY), 4, training=training)
        after = [v.numpy() for v in pair.generator.non_trainable_variables]
        return [np.array_equal(a, b) for a, b in zip(before, after, strict=True)]

    assert all(sampled(training=False))
    assert not any(sampled(training=True))


def test_only_the_generator_has_batch_normalisation(pair):
    (scorer,) = pair.discriminator.stages
    assert not [x for x in scorer.layers if isinstance(x, keras.layers.BatchNormalization)]


@pytest.mark.parametrize("text", SPECS)
def test_gradients_are_finite_and_reach_every_weight(text):
    pair = build(text)
    real = tf.random.stateless_uniform([4, 28, 28, 1], [1, 2])
    with tf.GradientTape(persistent=True) as tape:
        generated = pair.generator.sample(randomness.key(*KEY), 4).values
        logits = pair.discriminator(tf.concat([real, generated], 0), training=True)
        loss = tf.reduce_mean(tf.nn.softplus(-logits[:4]) + tf.nn.softplus(logits[4:]))
    for network in (pair.generator, pair.discriminator):
        for variable in network.trainable_variables:
            gradient = tape.gradient(loss, variable)
            assert np.isfinite(gradient).all()
            # Batch normalisation subtracts the biases of a residual generator's blocks.
            if network is pair.discriminator or "bias" not in variable.path:
                assert np.abs(gradient).max() > 0, variable.path


@pytest.mark.parametrize("text", SPECS)
def test_half_precision_keeps_float32_outside(text):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        pair = build(text)
    finally:
        keras.config.set_dtype_policy("float32")
    images = pair.generator.sample(randomness.key(*KEY), 2).values
    assert images.dtype == tf.float32
    assert pair.discriminator(images, training=True).dtype == tf.float32
    assert all(v.dtype == "float32" for v in pair.discriminator.variables)
    assert "bfloat16" in {layer.compute_dtype for layer in pair.discriminator.stages[0].layers}


@pytest.mark.parametrize("name", NAMES)
def test_sizes_that_cannot_be_are_refused(name):
    with pytest.raises(SpecError, match=rf"{name} halves.*divisible by 4.*mlp_gan takes any"):
        build(name, shape=(28, 27, 1))
    for argument in ("width=0", "latent_size=-1", "discriminator_width=0"):
        with pytest.raises(SpecError, match=f"{name}: {argument} should be at least 1"):
            build(f"{name}({argument})")
