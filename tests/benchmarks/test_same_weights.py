"""The comparison of checkpoints: equal bits, and nothing less."""

import numpy as np
import pytest
import tensorflow as tf

from zoo import spec
from zoo.runs import matching


@pytest.fixture(scope="module")
def program(load_program):
    return load_program("benchmarks/same_weights.py")


def test_variables_differ_by_a_bit_a_type_or_by_being_there(program):
    before = {"a": np.float32([1, 2]), "b": np.float32([0.0]), "c": np.int64(3), "d": np.ones(1)}
    after = {"a": np.float32([1, np.nextafter(np.float32(2), 3)]), "b": np.float32([-0.0])}
    after |= {"c": np.int32(3), "e": np.ones(1)}
    assert program.differing(before, after) == ["a", "b", "c", "d", "e"]
    assert program.differing(before, dict(before)) == []


def test_all_numbers_of_a_checkpoint_are_read(program, tmp_path):
    checkpoint = tf.train.Checkpoint(part=[tf.Variable([1.0, 2.0]), tf.Variable(3)])
    path = checkpoint.write(str(tmp_path / "ckpt"))
    found = program.variables(path)
    assert sorted(map(np.sum, found.values())) == [3, 3]


def test_there_is_a_run_of_every_trainer(program):
    names = {spec.parse(case.objective)[0] for case in program.CASES.values()}
    trainers = {matching.trainer_of(spec.module("objectives", name)) for name in names}
    assert trainers == {spec.module("trainers", name) for name in spec.names("trainers")}
