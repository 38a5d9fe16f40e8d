"""Digests of data: any other example, label or weight makes another one, and they are quick."""

import dataclasses
import time

import numpy as np
import pytest

from zoo import domains
from zoo.data.base.splits import ContiguousText, Dataset, Images, Sequences
from zoo.runs import digests


def images(count=6, seed=0):
    """Labelled images with weights."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, [count, 4, 4, 1]).astype(np.uint8)
    return Images(pixels, np.arange(count) % 2, np.ones(count))


def dataset(**parts):
    """Three equal parts, some of them replaced."""
    whole = Dataset(domains.Image((4, 4, 1)), images(), images(), images())
    return dataclasses.replace(whole, **parts)


def changed(**parts):
    before, after = (digests.of_data(d, "mnist_5k") for d in (dataset(), dataset(**parts)))
    return digests.changed(before, after)


def altered(name, index, value):
    """The images with one number of an array replaced."""
    made = images()
    getattr(made, name)[index] = value
    return made


def test_the_same_data_have_the_same_digests():
    assert changed() == []
    assert changed(train=images()) == []


@pytest.mark.parametrize(
    "other",
    [
        altered("values", (3, 1, 2, 0), 7),
        altered("labels", 2, 1),
        altered("weights", 2, 0.5),
        images(count=7),
        Images(images().values.reshape(6, 2, 8, 1), images().labels, images().weights),
        Images(images().values, images().labels),
    ],
    ids=["pixel", "label", "weight", "count", "shape", "without weights"],
)
def test_whatever_differs_is_noticed_in_its_part(other):
    assert changed(validation=other) == ["validation"]
    assert changed(train=other, test=other) == ["train", "test"]


def test_texts_are_compared_by_their_tokens():
    rows = np.arange(12, dtype=np.int32).reshape(3, 4)
    assert changed(train=Sequences(rows)) == ["train"]
    texts = [dataset(train=ContiguousText(row.ravel(), 4)) for row in (rows, rows[::-1])]
    assert digests.of_data(texts[0], "surnames") != digests.of_data(texts[1], "surnames")


def test_sixty_thousand_images_take_no_time():
    many = Images(np.zeros([60_000, 28, 28, 1], np.uint8))
    begin = time.process_time()
    digests.of_data(dataset(train=many), "mnist")
    assert time.process_time() - begin < 1
