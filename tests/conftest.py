"""What tests share. More data is found by TFDS_DATA_DIR and ZOO_TEST_DATA."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest

from zoo import example_spec
from zoo.vocabulary import END, UNKNOWN, Vocabulary


@pytest.fixture(scope="session")
def letters():
    """Texts of up to three of the letters a, b, c: a domain that can be enumerated."""
    vocabulary = Vocabulary([UNKNOWN, END, "a", "b", "c"], "character")
    return example_spec.Text(vocabulary, length=4, running=False)


@pytest.fixture(scope="session")
def digit():
    """Images of MNIST's shape."""
    return example_spec.Image((28, 28, 1), digits=True)
