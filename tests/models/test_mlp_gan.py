"""The fully connected pair: its published shape, maxout by hand, and stateless dropout."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import domains, randomness, spec
from zoo.errors import SpecError
from zoo.models.base.discriminator import ProjectionDiscriminator

SMALL = "width=8, latent_size=6, maxout_units=5, maxout_pieces=3"
SPECS = [f"mlp_gan({SMALL})", f"mlp_gan({SMALL}, spectral_normalisation=True)"]


def build(text, seed=0, shape=(28, 28, 1)):
    keras.utils.set_random_seed(seed)
    return spec.build("models", text, domains.Image(shape))


def key(step=0):
    return randomness.key(0, step, "test")


@pytest.fixture(scope="module", params=SPECS, ids=["plain", "spectral"])
def pair(request):
    return build(request.param)


@pytest.fixture(scope="module")
def images():
    return tf.random.stateless_uniform([6, 28, 28, 1], [1, 2])


def test_the_default_is_the_published_network():
    pair = build("mlp_gan")
    shapes = [tuple(v.shape) for v in pair.generator.variables]
    assert shapes == [(100, 1200), (1200,), (1200, 1200), (1200,), (1200, 784), (784,)]
    shapes = [tuple(v.shape) for v in pair.discriminator.variables]
    assert shapes == [(784, 1200), (1200,), (240, 1200), (1200,), (240, 1), (1,)]


@pytest.mark.parametrize("shape", [(28, 28, 1), (5, 3, 3)])
def test_any_image_is_taken(shape):
    pair = build(SPECS[0], shape=shape)
    generated = pair.generator.sample(key(), 4).values
    assert generated.shape == (4, *shape)
    assert generated.dtype == tf.float32
    assert generated.numpy().min() >= 0
    assert generated.numpy().max() <= 1
    logits = pair.discriminator(generated, key=key(), training=True)
    assert logits.shape == (4,)
    assert logits.dtype == tf.float32


def test_latents_are_uniform_with_variance_1(pair):
    latents = pair.generator.latents(key(), 20_000).numpy()
    assert latents.shape == (20_000, 6)
    assert np.abs(latents).max() <= np.sqrt(3)
    # Five standard errors of the mean and of the variance (the fourth moment is 9/5) of 120,000.
    np.testing.assert_allclose(latents.mean(), 0, atol=5 / np.sqrt(latents.size))
    np.testing.assert_allclose(latents.var(), 1, atol=5 * np.sqrt(0.8 / latents.size))


def test_a_seeds_image_does_not_depend_on_its_neighbours(pair):
    together = pair.generator.generate(tf.constant([3, 1, 4, 1], tf.int64))
    alone = pair.generator.generate(tf.constant([4], tf.int64))
    np.testing.assert_allclose(together[2], alone[0], atol=1e-5)
    assert np.abs(together[0] - together[1]).max() > 1e-5


def test_the_discriminator_is_two_layers_of_maxout(images):
    discriminator = build(SPECS[0]).discriminator
    hidden = images.numpy().reshape(6, -1)
    *layers, (kernel, bias) = np.reshape(np.array(discriminator.get_weights(), object), (3, 2))
    for weight, offset in layers:
        hidden = (hidden @ weight + offset).reshape(6, 3, 5).max(axis=1)
    np.testing.assert_allclose(
        discriminator(images), (hidden @ kernel + bias)[:, 0], rtol=1e-4, atol=1e-9
    )


def test_dropout_is_on_with_a_key_and_drawn_by_it(pair, images):
    without = pair.discriminator(images)
    np.testing.assert_array_equal(without, pair.discriminator(images))
    first, again, other = (pair.discriminator(images, key=key(step)) for step in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first.numpy() != other.numpy()).all()
    assert (first.numpy() != without.numpy()).all()


def test_dropout_can_be_left_out(images):
    discriminator = build(f"mlp_gan({SMALL}, dropout=False)").discriminator
    np.testing.assert_array_equal(discriminator(images, key=key()), discriminator(images))


def test_each_stage_is_denied_its_own_share_and_keeps_its_mean():
    mean = keras.Sequential([keras.Input([4000]), keras.layers.Dense(1, "linear", False, "ones")])
    copy = keras.layers.Identity()
    for rates in ([0.2, 0.0], [0.0, 0.5]):
        kept = 1 - sum(rates)
        total = (
            ProjectionDiscriminator([copy, mean], rates)(tf.ones([50, 4000]), key=key())
            .numpy()
            .sum()
        )
        deviation = np.sqrt(200_000 * kept * (1 - kept)) / kept  # of 200,000 independent coins
        np.testing.assert_allclose(total, 200_000, atol=5 * deviation)
        assert total != 200_000


def test_dropout_differs_from_stage_to_stage():
    seen = []
    record = keras.layers.Lambda(lambda x: seen.append(x.numpy()) or tf.ones_like(x))
    stages = [record, record, keras.layers.Lambda(lambda x: x[:, :1])]
    ProjectionDiscriminator(stages, [0.5, 0.5, 0.0])(tf.ones([1, 64]), key=key())
    assert not np.array_equal(*seen)


def test_training_changes_nothing_without_spectral_normalisation(images):
    discriminator = build(SPECS[0]).discriminator
    np.testing.assert_array_equal(discriminator(images, training=True), discriminator(images))


@pytest.mark.parametrize("text", SPECS)
def test_gradients_are_finite_and_reach_every_weight(text, images):
    pair = build(text)
    with tf.GradientTape(persistent=True) as tape:
        generated = pair.generator.sample(key(), 6).values
        both = tf.concat([images, generated], 0)
        logits = pair.discriminator(both, key=key(1), training=True)
        loss = tf.reduce_mean(tf.nn.softplus(-logits[:6]) + tf.nn.softplus(logits[6:]))
    for network in (pair.generator, pair.discriminator):
        for gradient in tape.gradient(loss, network.trainable_variables):
            assert np.isfinite(gradient).all()
            assert np.abs(gradient).max() > 0


@pytest.mark.parametrize("text", SPECS)
def test_one_seed_gives_one_network_and_its_weights_give_it_again(text, images):
    first, again, other = build(text, 1), build(text, 1), build(text, 2)
    seeds = tf.range(3, dtype=tf.int64)

    def outputs(pair):
        return np.concatenate(
            [np.ravel(pair.generator.generate(seeds)), pair.discriminator(images)]
        )

    np.testing.assert_array_equal(outputs(again), outputs(first))
    assert np.abs(outputs(other) - outputs(first)).max() > 1e-5
    first.discriminator(images, training=True)
    other.generator.set_weights(first.generator.get_weights())
    other.discriminator.set_weights(first.discriminator.get_weights())
    np.testing.assert_array_equal(outputs(other), outputs(first))


@pytest.mark.parametrize("text", SPECS)
def test_half_precision_keeps_float32_outside(text, images):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        pair = build(text)
    finally:
        keras.config.set_dtype_policy("float32")
    assert pair.generator.sample(key(), 2).values.dtype == tf.float32
    assert pair.discriminator(images, key=key(), training=True).dtype == tf.float32
    assert pair.discriminator.stages[0].compute_dtype == "bfloat16"


@pytest.mark.parametrize(
    "argument", ["width=0", "latent_size=-1", "maxout_units=0", "maxout_pieces=0"]
)
def test_sizes_below_1_are_refused(argument):
    with pytest.raises(SpecError, match=f"{argument} should be at least 1"):
        build(f"mlp_gan({argument})")


def test_each_stage_of_the_discriminator_has_a_dropout_mask_of_its_own():
    """Through two masks that are independent a quarter of all numbers pass, else half."""
    seen = []
    last = keras.layers.Lambda(lambda x: seen.append(x.numpy()) or x[:, :1])
    stages = [keras.layers.Identity(), keras.layers.Identity(), last]
    ProjectionDiscriminator(stages, [0.5, 0.5, 0.0])(tf.ones([10, 200]), key=key())
    assert np.mean(seen[0] > 0) == pytest.approx(0.25, abs=0.05)
