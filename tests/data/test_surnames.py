import string

import numpy as np
import pytest

from zoo import spec

NAMES = ("train", "validation", "test")


@pytest.fixture(scope="module", autouse=True)
def _package():
    pytest.importorskip("names", reason="the package names carries the surnames")


@pytest.fixture(scope="module")
def dataset():
    return spec.build("data", "surnames", None)


@pytest.fixture(scope="module")
def weighted():
    return spec.build("data", "surnames(weighted=True)", None)


def texts(dataset, name):
    decoded = dataset.domain.vocabulary.decode(dataset.split(name).values)
    return [text.decode() for text in decoded.numpy()]


def test_every_name_is_in_one_split(dataset):
    parts = [texts(dataset, name) for name in NAMES]
    assert [len(part) for part in parts] == [71_041, 8_879, 8_879]
    assert len(set().union(*parts)) == 88_799


def test_names_are_readable_and_closed_by_the_end_token(dataset):
    names = texts(dataset, "train")
    assert all(name[0].isupper() and name[1:].islower() for name in names)
    assert dataset.domain.length == 14
    assert (dataset.train.values[:, -1] == dataset.domain.vocabulary.end).all()
    assert set(dataset.domain.vocabulary.tokens[2:]) == set(string.ascii_letters)
    assert not dataset.domain.contiguous


def test_weights_are_the_frequencies_of_their_names(weighted):
    percent = {}
    for part in NAMES:
        percent |= dict(zip(texts(weighted, part), weighted.split(part).weights, strict=True))
    assert percent["Smith"] == 1.006
    assert percent["Williams"] == 0.699
    assert percent["Aalderink"] == pytest.approx(
        (90.483 - 79.59) / 69_960, rel=1e-3
    )  # printed as 0.000
    values = np.array(list(percent.values()))
    assert abs(values[values > 0.0006].sum() - 79.59) < 1e-9
    assert np.count_nonzero(values < 0.0005) == 69_960
    assert values.sum() == pytest.approx(90.483, abs=1e-3)  # the file's last cumulative figure


def test_weighted_batches_prefer_frequent_names(weighted):
    batch = weighted.train.indices(0, 20_000, 5).numpy()
    probability = weighted.train.weights / weighted.train.weights.sum()
    frequent = probability > np.quantile(probability, 0.99)
    expected = probability[frequent].sum()
    error = np.sqrt(expected * (1 - expected) / len(batch))
    assert abs(np.mean(frequent[batch]) - expected) < 4 * error
    assert expected > 0.3  # of the draws, from 1 % of the names


def test_splits_do_not_depend_on_weights_or_on_the_call(dataset, weighted):
    assert dataset.train.weights is None
    for name in NAMES:
        assert (dataset.split(name).values == weighted.split(name).values).all()
