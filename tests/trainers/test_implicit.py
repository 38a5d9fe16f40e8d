"""The implicit trainer: a step is the formula, and the generator comes to the data's moments."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo import domains, randomness, spec
from zoo.batch import Batch
from zoo.data.base.splits import Images, Points, batches
from zoo.distributions import gaussian_mixture as mixtures
from zoo.errors import SpecError
from zoo.trainers import implicit

POINTS = {
    "data": "gaussian_mixture(count=50)",
    "model": "gaussian",
    "objective": "moment_matching",
    "steps": 4,
    "average_decay": 0.5,
}


def build(pair, objective="moment_matching(bandwidths=[1.0, 4.0])", batch_size=8):
    trainer = implicit.build(
        implicit.Implicit.trained(pair),
        spec.build("objectives", objective),
        batch_size=batch_size,
        seed=0,
        average_decay=0.0,
    )
    trainer.compile(keras.optimizers.SGD(0.1), jit_compile=False)
    return trainer


@pytest.fixture
def points():
    return Points(np.random.default_rng(0).normal(2.0, 0.5, [100, 2]).astype(np.float32))


@pytest.fixture
def gaussian():
    return spec.build("models", "gaussian", domains.Points(2))


def test_a_step_follows_the_gradient_through_the_samples(gaussian, points):
    """Made by hand with the key of the trainer."""
    trainer, real = build(gaussian), points.batch(0, 8, seed=0)
    generator = gaussian.generator
    key = randomness.fold(randomness.key(0, 0, "generator samples"), 0)
    with tf.GradientTape() as tape:
        loss = trainer.objective.loss(Batch(real), generator.sample(key, 8))
    variables = generator.trainable_variables
    gradients = tape.gradient(loss, variables)
    expected = [v.numpy() - 0.1 * g.numpy() for v, g in zip(variables, gradients, strict=True)]
    logged = trainer.fit(batches(points, 8, 0, 0, 1), shuffle=False, verbose=0).history
    for variable, value in zip(variables, expected, strict=True):
        np.testing.assert_allclose(variable, value, rtol=1e-5)
    np.testing.assert_allclose(logged["mmd_squared"], [float(loss)], rtol=1e-6)
    assert int(trainer.step.numpy()) == 1


def test_validation_is_the_discrepancy_from_held_out_examples(gaussian, points):
    trainer, real = build(gaussian), points.batch(0, 30, seed=1)
    drawn = gaussian.generator.generate(tf.range(30, dtype=tf.int64))
    found = trainer.test_step((real,))["mmd_squared"]
    expected = trainer.objective.loss(Batch(real), Batch(drawn))
    assert float(found) == pytest.approx(float(expected), rel=1e-6)


def test_a_gaussian_comes_to_the_data_s_mean_and_deviation(tiny_run, tmp_path):
    """Of data that are one Gaussian, far from where it begins: there MMD² is least, at 0."""
    path = tmp_path / "mixture.json"
    path.write_text('{"weights": [1], "means": [[3.0, -1.0]], "variances": [0.25]}')
    run = tiny_run(
        data=f"gaussian_mixture(path={str(path)!r}, count=100)",
        model="gaussian",
        objective="moment_matching",
        steps=400,
        batch_size=128,
        learning_rate=0.05,
        decay="cosine",
    )
    np.testing.assert_allclose(run.generator.mean, [3, -1], atol=0.03)
    assert run.generator.std == pytest.approx(0.5, abs=0.03)


@pytest.fixture(scope="module")
def run(tiny_run):
    return tiny_run(**POINTS)


def test_a_run_has_no_discriminator_and_comes_back_without_one(run):
    again = zoo.load(str(run.folder.path))
    for each in (run, again):
        assert list(each.model.networks()) == ["generator"]
    np.testing.assert_array_equal(run.samples(5), again.samples(5))
    names = tf.train.list_variables(str(run.folder.checkpoints))
    assert not [name for name, _ in names if name.startswith("discriminator")]


def test_a_run_that_goes_on_ends_as_one_that_never_stopped(run, tiny_run):
    half = tiny_run(**POINTS | {"steps": 2})
    parts = zoo.train(run.experiment, str(half.folder.path))
    for one, other in zip(run.generator.variables, parts.generator.variables, strict=True):
        np.testing.assert_array_equal(one, other)


def test_images_are_learned_too(pair):
    """A DCGAN, on one grey image: samples come to its grey from 0.5."""
    trainer = implicit.build(
        implicit.Implicit.trained(pair),
        spec.build("objectives", "moment_matching(bandwidths=[2.0, 8.0])"),
        batch_size=16,
        seed=0,
        average_decay=0.0,
    )
    trainer.compile(keras.optimizers.Adam(5e-3), jit_compile=False)
    data = Images(np.full([64, 28, 28, 1], 204, np.uint8))
    trainer.fit(batches(data, 16, 0, 0, 100), shuffle=False, verbose=0)
    drawn = pair.generator.sample(tf.constant([1, 2], tf.int64), 16).values.numpy()
    assert abs(drawn.mean() - 0.8) < 0.05


def test_generators_that_are_conditioned_on_classes_are_trained_on_pairs():
    """Black and white images: the classes' vectors move, and so do the images of each class."""
    keras.utils.set_random_seed(0)
    domain = domains.Image((4, 4, 1), num_classes=2)
    pair = spec.build("models", "mlp_gan(width=16, latent_size=3)", domain)
    trainer = build(pair, "moment_matching(bandwidths=[1.0, 4.0])", batch_size=64)
    trainer.compile(keras.optimizers.Adam(1e-2), jit_compile=False)
    labels = np.arange(100) % 2
    data = Images((255 * labels[:, None, None, None] * np.ones([1, 4, 4, 1])).astype(np.uint8),
                  labels)  # fmt: skip
    trainer.fit(batches(data, 64, 0, 0, 80, labelled=True), shuffle=False, verbose=0)
    drawn, classes = pair.generator.sample(tf.constant([1, 2], tf.int64), 200)
    means = [drawn.numpy()[classes.numpy() == label].mean() for label in (0, 1)]
    assert means[0] < 0.2
    assert means[1] > 0.8
    assert np.isfinite(float(trainer.test_step(data.labelled_batch(0, 8, 0))["mmd_squared"]))


def test_one_example_cannot_be_compared(gaussian):
    with pytest.raises(SpecError, match="batch_size=1 should be at least 2"):
        build(gaussian, batch_size=1)


def test_the_mixture_s_moments_are_where_wide_kernels_lead():
    """Kernels much wider than the data see only moments: Q gets the mean and deviation of P."""
    p = mixtures.load()
    mean, std = mixtures.moments(p)
    keras.utils.set_random_seed(0)
    pair = spec.build("models", "gaussian(std=0.5)", domains.Points(2))
    trainer = implicit.build(
        implicit.Implicit.trained(pair),
        spec.build("objectives", "moment_matching(bandwidths=[20.0])"),
        batch_size=512,
        seed=0,
        average_decay=0.0,
    )
    trainer.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.05, 300)), jit_compile=False
    )
    dataset = spec.build("data", "gaussian_mixture(count=10)", None)
    trainer.fit(batches(dataset.train, 512, 0, 0, 300), shuffle=False, verbose=0)
    np.testing.assert_allclose(pair.generator.mean, mean, atol=0.05)
    assert pair.generator.std == pytest.approx(std, rel=0.05)
