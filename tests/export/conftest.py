"""A run of each kind, trained for seconds, and its export."""

import types

import pytest

import export
import zoo
from export import exporting


@pytest.fixture(scope="session")
def names_run(tmp_path_factory):
    """A model of lines of text."""
    return zoo.train(
        zoo.Experiment(
            data="surnames",
            model="lstm(units=16, layers=1)",
            objective="maximum_likelihood",
            steps=5,
        ),
        tmp_path_factory.mktemp("runs") / "names",
    )


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory):
    """A pair of image generator and discriminator, trained to a π of 0.2 + 0.3 · 3 / 9 = 0.3."""
    return zoo.train(
        zoo.Experiment(
            data="mnist_5k",
            model="dcgan(width=4, latent_size=8)",
            objective="generalised_js(pi=[0.2, 0.5], pi_steps=9, weighting='loss_weights')",
            steps=3,
        ),
        tmp_path_factory.mktemp("runs") / "digits",
    )


@pytest.fixture(scope="session")
def bits_run(tmp_path_factory):
    """An autoregressive model of images that is conditioned on their classes."""
    return zoo.train(
        zoo.Experiment(
            data="mnist_5k(binary=True, labels=True)",
            model="lstm(units=16, layers=1)",
            objective="maximum_likelihood",
            steps=5,
        ),
        tmp_path_factory.mktemp("runs") / "bits",
    )


@pytest.fixture(scope="session")
def names(names_run, tmp_path_factory):
    """The exported text model."""
    return _exported(names_run, "names", tmp_path_factory)


@pytest.fixture(scope="session")
def digits(digits_run, tmp_path_factory):
    """The exported image model."""
    return _exported(digits_run, "digits", tmp_path_factory)


@pytest.fixture(scope="session")
def bits(bits_run, tmp_path_factory):
    """The exported autoregressive model of images."""
    return _exported(bits_run, "bits", tmp_path_factory)


def _exported(run, name, tmp_path_factory):
    """The run, its signatures in this process, and the folder of its version 1."""
    path = export.export(run, tmp_path_factory.mktemp("served"), name)
    signatures = exporting.servable(run, None, None).signatures
    return types.SimpleNamespace(run=run, signatures=signatures, path=path)
