"""A run of each kind, trained for seconds, and its export."""

import os
import pathlib
import types

import pytest

import export
from export import exporting


@pytest.fixture(scope="session")
def names_run(tiny_run):
    """A model of lines of text."""
    return tiny_run(data="surnames", model="lstm(units=16, layers=1)", steps=5, batch_size=64)


@pytest.fixture(scope="session")
def digits_run(tiny_run):
    """A pair of image generator and discriminator, trained to a π of 0.2 + 0.3 · 3 / 9 = 0.3."""
    return tiny_run(
        data="mnist_5k",
        model="dcgan(width=4, latent_size=8)",
        objective="generalised_js(pi=[0.2, 0.5], pi_steps=9, weighting='loss_weights')",
        steps=3,
        batch_size=64,
    )


@pytest.fixture(scope="session")
def bits_run(tiny_run):
    """An autoregressive model of images that is conditioned on their classes."""
    return tiny_run(
        data="mnist_5k(binary=True, labels=True)",
        model="lstm(units=16, layers=1)",
        steps=5,
        batch_size=64,
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


@pytest.fixture(scope="session")
def converters():
    """The folder of the environments that `python -m export.converters.environment` made."""
    folder = os.environ.get("ZOO_CONVERTERS")
    if folder is None:
        pytest.skip("ZOO_CONVERTERS does not name the folder of the converters' environments")
    return pathlib.Path(folder)
