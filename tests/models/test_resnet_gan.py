"""The residual pair: shapes, ranges, where normalisation is, and what shortcuts are worth."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import example_spec, randomness, spec
from zoo.errors import SpecError

SPECS = [
    "resnet_gan(width=4, latent_size=6)",
    "resnet_gan(width=4, latent_size=6, spectral_normalisation=True)",
]
KEY = (0, 0, "test")


def build(text, seed=0, shape=(28, 28, 1)):
    keras.utils.set_random_seed(seed)
    return spec.build("models", text, example_spec.Image(shape))


@pytest.fixture(scope="module", params=SPECS, ids=["plain", "spectral"])
def pair(request):
    return build(request.param)


@pytest.mark.parametrize("shape", [(32, 32, 1), (28, 20, 3)])
def test_images_have_the_shape_of_the_data_and_lie_between_0_and_1(shape):
    pair = build(SPECS[0], shape=shape)
    images = pair.generator.sample(randomness.key(*KEY), 5)
    assert images.shape == (5, *shape)
    assert images.dtype == tf.float32
    assert 0 <= images.numpy().min() < images.numpy().max() <= 1
    logits = pair.discriminator(images)
    assert logits.shape == (5,)
    assert logits.dtype == tf.float32


def test_a_seeds_image_does_not_depend_on_its_neighbours(pair):
    together = pair.generator.generate(tf.constant([3, 1, 4, 1], tf.int64))
    alone = pair.generator.generate(tf.constant([4], tf.int64))
    np.testing.assert_allclose(together[2], alone[0], atol=1e-5)
    assert np.abs(together[0] - together[1]).max() > 1e-3


def test_a_logit_does_not_depend_on_the_rest_of_the_batch(pair):
    images = tf.random.stateless_uniform([6, 28, 28, 1], [1, 2])
    np.testing.assert_allclose(
        pair.discriminator(images)[2:4], pair.discriminator(images[2:4]), rtol=1e-4, atol=1e-6
    )


def test_only_the_generator_has_batch_normalisation_and_it_records_in_training(pair):
    def num_moved(training):
        before = [v.numpy() for v in pair.generator.non_trainable_variables]
        pair.generator.sample(randomness.key(*KEY), 4, training=training)
        after = [v.numpy() for v in pair.generator.non_trainable_variables]
        return sum(not np.array_equal(a, b) for a, b in zip(before, after, strict=True))

    assert num_moved(training=False) == 0
    assert num_moved(training=True) == 2 * 5  # two in each block, one after them
    (critic,) = pair.discriminator.stages
    assert not [x for x in critic.layers if isinstance(x, keras.layers.BatchNormalization)]


def test_gradients_are_finite_and_reach_every_weight(pair):
    real = tf.random.stateless_uniform([4, 28, 28, 1], [1, 2])
    with tf.GradientTape(persistent=True) as tape:
        generated = pair.generator.sample(randomness.key(*KEY), 4)
        logits = pair.discriminator(tf.concat([real, generated], 0), training=True)
        loss = tf.reduce_mean(tf.nn.softplus(-logits[:4]) + tf.nn.softplus(logits[4:]))
    for network in (pair.generator, pair.discriminator):
        for variable in network.trainable_variables:
            gradient = tape.gradient(loss, variable)
            assert np.isfinite(gradient).all()
            if "conv2d" not in variable.path or "bias" not in variable.path:
                assert np.abs(gradient).max() > 0, variable.path  # norms subtract some biases


def test_spectral_normalisation_is_of_every_kernel():
    for text, expected in zip(SPECS, (0, 9), strict=True):  # eight convolutions and the last layer
        (critic,) = build(text).discriminator.stages
        kernels = [layer for layer in critic.layers if hasattr(layer, "kernel")]
        assert len(kernels) == 9
        assert sum(hasattr(layer, "u") for layer in kernels) == expected


def test_a_convolution_of_one_place_may_come_before_upsampling_and_after_pooling():
    """What shortcuts do, at a quarter of the cost."""
    images = tf.random.stateless_uniform([2, 8, 6, 3], [1, 2])
    convolution = keras.layers.Conv2D(5, 1)
    for resize in (keras.layers.UpSampling2D(), keras.layers.AveragePooling2D(2)):
        np.testing.assert_allclose(
            resize(convolution(images)), convolution(resize(images)), atol=1e-5
        )


def test_half_precision_keeps_float32_outside():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        pair = build(SPECS[1])
    finally:
        keras.config.set_dtype_policy("float32")
    images = pair.generator.sample(randomness.key(*KEY), 2)
    assert images.dtype == tf.float32
    assert pair.discriminator(images, training=True).dtype == tf.float32
    assert all(v.dtype == "float32" for v in pair.discriminator.variables)


def test_sizes_that_cannot_be_are_refused():
    with pytest.raises(SpecError, match=r"divisible by 4.*mlp_gan takes any"):
        build("resnet_gan", shape=(28, 27, 1))
    for argument in ("width=0", "latent_size=-1"):
        with pytest.raises(SpecError, match=f"{argument} should be at least 1"):
            build(f"resnet_gan({argument})")
