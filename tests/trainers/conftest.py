"""Small models and data that trainers are tried on."""

import keras
import numpy as np
import pytest

from zoo import spec
from zoo.data.base.splits import Images, Sequences


@pytest.fixture
def texts(letters):
    """Ten thousand texts from a known distribution over the first two tokens."""
    generator = np.random.default_rng(0)
    first = generator.choice([2, 3, 4], size=10_000, p=[0.5, 0.3, 0.2])
    end = np.full(10_000, letters.vocabulary.end)
    second = np.where(first == 2, 3, end)
    return Sequences(np.stack([first, second, end, end], axis=-1).astype(np.int32))


@pytest.fixture
def images():
    """Five hundred images of noise."""
    return Images(np.random.default_rng(0).integers(0, 256, [500, 28, 28, 1], np.uint8))


@pytest.fixture
def language_model(letters):
    keras.utils.set_random_seed(0)
    return spec.build("models", "lstm(units=8, layers=1)", letters)


@pytest.fixture
def pair(digit):
    keras.utils.set_random_seed(0)
    return spec.build("models", "dcgan(width=4, latent_size=5)", digit)
