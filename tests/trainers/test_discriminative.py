"""The discriminative trainer: another run's generator stays, bit for bit; a ratio is learnt."""

import keras
import numpy as np
import pytest

import zoo
from zoo import spec
from zoo.data.base.splits import batches
from zoo.data.gaussian_mixture import DrawnPoints
from zoo.distributions.gaussian_mixture import GaussianMixture, mixture
from zoo.errors import SpecError
from zoo.trainers import discriminative

IMAGES = {"data": "mnist_5k", "model": "dcgan(width=4, latent_size=3)"}
TEXTS = {"model": "text_gan(generator='lstm(units=4, layers=1)', width=4)"}
POINTS = {"data": "gaussian_mixture(count=500)", "model": "gaussian(discriminator_units=16)"}


def values(network):
    return [variable.numpy() for variable in network.variables]


@pytest.mark.parametrize(
    ("settings", "model", "average"),
    [
        (IMAGES, "dcgan(width=4, latent_size=3, discriminator_width=5)", 0.9),
        (TEXTS, TEXTS["model"], 0.0),
        (POINTS, "gaussian(discriminator_units=4)", 0.9),
    ],
    ids=["image", "text", "points"],
)
def test_the_generator_of_another_run_stays_bit_for_bit(tiny_run, settings, model, average):
    """Its weights and batch statistics are those that the other run is sampled with.

    The discriminator may be another one.
    """
    other = tiny_run(**settings, objective="generalised_js", average_decay=0.5)
    run = tiny_run(
        **settings | {"model": model},
        objective="density_ratio",
        init_from=str(other.folder.path),
        average_decay=average,
        sample_every=1,
    )
    for one, before in zip(values(run.generator), values(other.generator), strict=True):
        np.testing.assert_array_equal(one, before)
    np.testing.assert_array_equal(run.samples(4), other.samples(4))


def test_it_goes_on_as_if_it_had_never_stopped(tiny_run):
    other = tiny_run(**TEXTS, objective="generalised_js")
    settings = TEXTS | {"objective": "density_ratio", "init_from": str(other.folder.path)}
    whole, half = tiny_run(**settings, steps=4), tiny_run(**settings, steps=2)
    again = zoo.train(whole.experiment, str(half.folder.path))
    for one, same in zip(
        values(whole.model.discriminator), values(again.model.discriminator), strict=True
    ):
        np.testing.assert_array_equal(one, same)


def test_a_gaussian_s_ratio_is_learnt():
    """P = N(0, I) and Q = N(1, I) in the plane: r(x) = 1 - x_1 - x_2 by the densities."""
    keras.utils.set_random_seed(0)
    dataset = spec.build("data", "gaussian_mixture(count=10)", None)
    pair = spec.build("models", "gaussian(mean=[1.0, 1.0], discriminator_units=16)", dataset.domain)
    objective = spec.build("objectives", "density_ratio")
    trainer = discriminative.build(pair, objective, batch_size=256, seed=0, average_decay=0.0)
    trainer.compile(discriminator_optimizer=keras.optimizers.Adam(1e-2), jit_compile=False)

    standard = GaussianMixture(mixture([1.0], [[0.0, 0.0]], [1.0]))
    data = DrawnPoints(np.zeros([1, 2], np.float32), standard)
    trainer.fit(batches(data, 256, 0, 0, 300), shuffle=False, verbose=0)
    points = np.float32([[0.0, 0.0], [0.5, 0.5], [1.0, 0.0], [1.0, 1.0]])
    found = objective.log_density_ratio(pair.discriminator(points), 0)
    np.testing.assert_allclose(found, 1 - points.sum(axis=-1), atol=0.25)  # of a spread of 2


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"objective": "density_ratio"}, "keeps the generator of another run.*--init_from=RUN"),
        (
            {"model": "lstm(units=4, layers=1)", "init_discriminator_from": "/tmp"},
            "maximum_likelihood trains no discriminator",
        ),
    ],
)
def test_a_run_that_cannot_begin_is_refused(tiny_experiment, tmp_path, changes, sentence):
    with pytest.raises(SpecError, match=sentence):
        zoo.train(tiny_experiment(**TEXTS | changes), str(tmp_path / "run"))
    assert not (tmp_path / "run").exists()
