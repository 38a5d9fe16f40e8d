"""Weights come back bit by bit, and nothing is assigned unless all fits."""

import keras
import numpy as np
import pytest

from zoo.errors import PretrainedError
from zoo.pretrained import weights


def variables(*values):
    return [keras.Variable(np.asarray(value)) for value in values]


PARTS = {"generator": ([[1.5, -2.0]], [0.1]), "discriminator": ([3], [1e-3])}


@pytest.fixture
def file(tmp_path):
    parts = {name: variables(*values) for name, values in PARTS.items()}
    weights.save(tmp_path / "model.safetensors", parts, step=7, calibration_temperature=1.25)
    return tmp_path / "model.safetensors"


def test_they_come_back_with_step_and_temperature(file):
    into = {name: variables(*map(np.zeros_like, values)) for name, values in PARTS.items()}
    found = weights.load(file, into)
    assert found == {"step": "7", "calibration_temperature": "1.25"}
    for name, values in PARTS.items():
        for variable, value in zip(into[name], values, strict=True):
            np.testing.assert_array_equal(variable.numpy(), np.float32(value))


def test_some_parts_may_be_left(file):
    into = variables([[0.0, 0.0]], [0.0])
    weights.load(file, {"generator": into})
    np.testing.assert_array_equal(into[0], [[1.5, -2.0]])


def test_half_precision_rounds_floats_only(tmp_path):
    kept = variables([0.1, 1000.1], [70000])
    weights.save(tmp_path / "x", {"generator": kept}, step=0, dtype="float16")
    into = variables([0.0, 0.0], [0])
    weights.load(tmp_path / "x", {"generator": into})
    np.testing.assert_array_equal(into[0], np.float16([0.1, 1000.1]).astype(np.float32))
    np.testing.assert_array_equal(into[1], [70000])


@pytest.mark.parametrize("other", [([[0.0, 0.0]], [0.0, 0.0]), ([[0.0, 0.0]], [0.0], [0.0])])
def test_other_shapes_are_refused_and_nothing_is_assigned(file, other):
    into = variables(*other)
    with pytest.raises(PretrainedError, match="does not hold the weights of this model"):
        weights.load(file, {"generator": into})
    np.testing.assert_array_equal(into[0], [[0.0, 0.0]])


def test_a_file_that_is_none_is_refused(tmp_path):
    (tmp_path / "x").write_bytes(b"\x08\0\0\0\0\0\0\0{}nonsen")
    with pytest.raises(PretrainedError, match="Cannot read the weights"):
        weights.load(tmp_path / "x", {"generator": variables([0.0])})
