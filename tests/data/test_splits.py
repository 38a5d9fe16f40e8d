import typing

import numpy as np
import pytest
import tensorflow as tf

from zoo import domains, spec
from zoo.data.base.splits import ContiguousText, Dataset, Images, Sequences, batches


def sequences(count, **arguments):
    return Sequences(np.arange(count, dtype=np.int32)[:, None], **arguments)


def epoch(count, number, seed):
    return sequences(count).indices(number, count, seed).numpy()


@pytest.mark.parametrize("count", [1, 2, 3, 10, 97, 5_000])
def test_every_epoch_is_a_permutation(count):
    for number in range(3):
        assert sorted(epoch(count, number, seed=4)) == list(range(count))


def test_epochs_cover_all_rows_when_batches_cross_them():
    split = sequences(10)
    drawn = np.concatenate([split.indices(step, 4, 0).numpy() for step in range(15)])
    for number in range(6):
        assert sorted(drawn[10 * number : 10 * number + 10]) == list(range(10))


def test_orders_of_epochs_and_seeds_are_uncorrelated():
    orders = [epoch(5_000, number, seed) for seed in (0, 1, 2) for number in range(4)]
    orders.append(np.arange(5_000))
    off_diagonal = np.corrcoef(orders)[~np.eye(len(orders), dtype=bool)]
    assert np.abs(off_diagonal).max() < 4 / np.sqrt(5_000)  # standard errors, of 78 pairs


def test_neighbours_in_an_epoch_are_uncorrelated():
    order = epoch(5_000, 0, seed=0)
    assert abs(np.corrcoef(order[1:], order[:-1])[0, 1]) < 4 / np.sqrt(5_000)


SPLITS = {
    "images": Images(np.arange(640, dtype=np.uint8).reshape(20, 4, 8, 1)),
    "sequences": Sequences(np.arange(100, dtype=np.int32).reshape(20, 5)),
    "weighted": sequences(20, weights=np.arange(1.0, 21.0)),
    "running": ContiguousText(np.arange(300, dtype=np.int32), 9),
}


@pytest.mark.parametrize("split", SPLITS.values(), ids=SPLITS)
def test_a_batch_is_the_same_wherever_the_pipeline_started(split):
    alone = [split.batch(step, 6, 3).numpy() for step in range(12)]
    whole = [values for (values,) in batches(split, 6, 3, 0, 12).as_numpy_iterator()]
    resumed = [values for (values,) in batches(split, 6, 3, 7, 12).as_numpy_iterator()]
    assert len(whole) == 12
    assert len(resumed) == 5
    np.testing.assert_array_equal(whole, alone)
    np.testing.assert_array_equal(resumed, alone[7:])


@pytest.mark.parametrize("split", SPLITS.values(), ids=SPLITS)
def test_steps_and_seeds_differ(split):
    first = split.batch(0, 6, 3).numpy()
    assert not np.array_equal(first, split.batch(1, 6, 3))
    assert not np.array_equal(first, split.batch(0, 6, 4))


def test_images_are_floats_from_0_to_1():
    values = np.array([0, 51, 255], np.uint8).reshape(3, 1, 1, 1)
    at = Images(values).at([2, 1, 0]).numpy()
    assert at.dtype == np.float32
    np.testing.assert_array_equal(at.ravel(), np.float32([1, 0.2, 0]))


def test_weighted_draws_follow_their_weights():
    weights = np.array([0.0, 5.0, 1.0, 0.0, 0.25, 30.0, 0.0])
    drawn = sequences(7, weights=weights).indices(0, 100_000, 2).numpy()
    share = np.bincount(drawn, minlength=7) / len(drawn)
    expected = weights / weights.sum()
    error = np.sqrt(expected * (1 - expected) / len(drawn))
    assert (np.abs(share - expected) <= 4 * error).all()  # exactly 0 where the weight is 0


def test_windows_are_contiguous_and_uniform_over_all_places():
    split = ContiguousText(np.arange(30, dtype=np.int32), 11)
    windows = split.batch(0, 100_000, 1).numpy()
    np.testing.assert_array_equal(windows - windows[:, :1], np.tile(np.arange(11), [100_000, 1]))
    share = np.bincount(windows[:, 0]) / len(windows)
    assert len(share) == 30 - 11 + 1
    error = np.sqrt(0.05 * 0.95 / len(windows))
    assert np.abs(share - 0.05).max() < 4 * error


def test_a_text_of_one_window_has_one_place():
    split = ContiguousText(np.arange(5, dtype=np.int32), 5)
    assert (split.batch(0, 3, 0).numpy() == np.arange(5)).all()


def test_a_graph_holds_no_copy_of_the_data():
    split = Images(np.zeros([1_000, 28, 28, 1], np.uint8))
    graph = tf.function(lambda step: split.batch(step, 8, 0)).get_concrete_function(tf.constant(0))
    assert graph.graph.as_graph_def().ByteSize() < 100_000 < split.values.nbytes


@pytest.mark.parametrize("name", spec.names("data"))
def test_a_data_set_s_annotation_tells_its_domain(name):
    built = typing.get_type_hints(spec.module("data", name).build)["return"]
    assert typing.get_origin(built) is Dataset
    (domain,) = typing.get_args(built)
    assert domain in typing.get_args(domains.Domain)
