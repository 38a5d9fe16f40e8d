"""Images of classes as bits, and with their labels."""

import numpy as np
import pytest
import tensorflow as tf

from zoo.data.base import classes
from zoo.data.base.splits import batches

RANDOM = np.random.default_rng(0)
GREY = RANDOM.integers(256, size=(40, 4, 4, 1)).astype(np.uint8)
LABELS = np.arange(40) % 10


def build(**options):
    options = {"binary": False, "labels": False} | options
    return classes.dataset([(GREY, LABELS)] * 3, digits=True, **options)


def test_bits_have_the_grey_values_as_probabilities():
    """Over 2,000 draws; 5 standard errors, which a right program exceeds in none of 640."""
    train = build(binary=True).train
    drawn = np.mean([train.batch(step, 40, seed=0) for step in range(2000)], axis=0)
    expected = [GREY[train.indices(step, 40, seed=0)] / 255 for step in range(2000)]
    error = 5 * np.sqrt(0.25 / 2000)
    assert np.abs(drawn - np.mean(expected, axis=0)).max() < error


def test_training_bits_are_drawn_anew_and_held_out_bits_are_not():
    dataset = build(binary=True)
    assert dataset.domain.binary
    place = [int(np.flatnonzero(dataset.train.indices(s, 40, 0).numpy() == 3)[0]) for s in (0, 1)]
    first, second = (dataset.train.batch(s, 40, 0).numpy()[p] for s, p in enumerate(place))
    assert (first != second).any()
    np.testing.assert_array_equal(dataset.test.at([5]), dataset.test.at([5]))
    np.testing.assert_array_equal(dataset.train.at([5, 2])[1], dataset.train.at([2])[0])
    assert set(np.unique(dataset.test.values)) <= {0, 255}
    assert (dataset.test.values != dataset.validation.values).any()


def test_bits_depend_on_the_seed_and_the_step_alone():
    train = build(binary=True).train
    np.testing.assert_array_equal(train.batch(7, 9, seed=1), train.batch(7, 9, seed=1))
    assert (train.batch(7, 9, seed=1).numpy() != train.batch(7, 9, seed=2).numpy()).any()


@pytest.mark.parametrize("binary", [False, True])
def test_labels_stay_with_their_images(binary):
    dataset = build(labels=True, binary=binary)
    assert dataset.domain.num_classes == 10
    given = list(batches(dataset.train, 16, seed=3, start=0, stop=4, labelled=True))
    for step, (images, labels) in enumerate(given):
        np.testing.assert_array_equal(images, dataset.train.batch(step, 16, 3))
        np.testing.assert_array_equal(labels, LABELS[dataset.train.indices(step, 16, 3)])
        assert labels.dtype == tf.int32


def test_without_labels_there_is_nothing_to_be_conditioned_on():
    assert build().domain.num_classes == 0
