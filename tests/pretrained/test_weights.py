"""Weights come back bit by bit, and nothing is assigned unless all fits."""

import keras
import numpy as np
import pytest
import safetensors.numpy

from zoo.errors import PretrainedError
from zoo.pretrained import weights


def variables(*values):
    return [keras.Variable(np.asarray(value)) for value in values]


PARTS = {"generator": ([[1.5, -2.0]], [0.1]), "discriminator": ([3], [1e-3])}


@pytest.fixture
def file(tmp_path):
    parts = {name: variables(*values) for name, values in PARTS.items()}
    weights.save(tmp_path / "model.safetensors", parts, step=7)
    weights.add_calibration_temperature(tmp_path / "model.safetensors", 1.25)
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


def test_eight_bits_round_to_the_nearest_of_255_steps_of_each_block(tmp_path):
    random = np.random.default_rng(0)
    # 40 × 33 values: 41 blocks and 8 values more, of very different sizes.
    big = (random.standard_normal([40, 33]) * 10.0 ** random.integers(-3, 3, [40, 33])).astype("f")
    few = random.standard_normal(999).astype("f")
    weights.save(tmp_path / "x", {"all": variables(big, few, [70000])}, step=0, dtype="int8")
    into = variables(np.zeros_like(big), np.zeros_like(few), [0])
    weights.load(tmp_path / "x", {"all": into})
    errors = np.abs(into[0].numpy() - big).ravel()
    for first in range(0, big.size, 32):
        step = np.abs(big.ravel()[first : first + 32]).max() / 127
        # Half a step; the scale itself is rounded to 11 bits, which 127 steps add up.
        assert errors[first : first + 32].max() <= step * (0.5 + 127 * 2**-11) * 1.001
    np.testing.assert_array_equal(into[1], few)
    np.testing.assert_array_equal(into[2], [70000])
    assert (tmp_path / "x").stat().st_size < big.size * 1.2 + few.size * 4 + 500


def test_eight_bits_keep_zeros_and_what_they_can_represent(tmp_path):
    exact = np.zeros([2, 1024], "f")
    exact[1] = np.arange(1024) % 255 - 127  # each block of 32 has its own greatest value
    exact[1, ::32] = 127
    weights.save(tmp_path / "x", {"all": variables(exact)}, step=0, dtype="int8")
    into = variables(np.ones_like(exact))
    weights.load(tmp_path / "x", {"all": into})
    np.testing.assert_array_equal(into[0], exact)


def test_eight_bits_of_another_shape_are_refused(tmp_path):
    weights.save(tmp_path / "x", {"all": variables(np.ones([64, 32], "f"))}, step=0, dtype="int8")
    for shape in ([64, 33], [32, 64], [2047]):
        with pytest.raises(PretrainedError, match="does not hold the weights of this model"):
            weights.load(tmp_path / "x", {"all": variables(np.zeros(shape, "f"))})


def test_scales_of_another_number_are_refused(tmp_path):
    arrays = {"all.000": np.ones([64, 32], "int8"), "all.000.scale": np.ones(63, "float16")}
    (tmp_path / "x").write_bytes(safetensors.numpy.save(arrays, {"step": "0"}))
    with pytest.raises(PretrainedError, match="does not hold the weights of this model"):
        weights.load(tmp_path / "x", {"all": variables(np.zeros([64, 32], "f"))})


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


@pytest.mark.parametrize("metadata", [None, {"step": "many"}])
def test_weights_of_no_step_are_refused(tmp_path, metadata):
    (tmp_path / "x").write_bytes(safetensors.numpy.save({"all.000": np.ones(2, "f")}, metadata))
    with pytest.raises(PretrainedError, match="Cannot read the weights"):
        weights.load(tmp_path / "x", {})


def test_types_that_numpy_has_not_are_refused(tmp_path):
    head = b'{"a":{"dtype":"F8_E8M0","shape":[2],"data_offsets":[0,2]},"__metadata__":{"step":"0"}}'
    (tmp_path / "x").write_bytes(len(head).to_bytes(8, "little") + head + b"\0\0")
    with pytest.raises(PretrainedError, match="Cannot read the weights"):
        weights.load(tmp_path / "x", {})
