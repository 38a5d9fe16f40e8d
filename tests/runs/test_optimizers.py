"""Optimizers by spec, and the learning rate over the run."""

import math

import keras
import pytest

from zoo import spec
from zoo.errors import SpecError
from zoo.runs import optimizers


def test_the_spec_s_arguments_reach_keras():
    optimizer = optimizers.Optimizer(*spec.parse("adam(beta_1=0.5)")).build(0.01, clip_norm=2.0)
    assert isinstance(optimizer, keras.optimizers.Adam)
    assert optimizer.beta_1 == 0.5
    assert optimizer.global_clipnorm == 2.0
    assert float(optimizer.learning_rate) == pytest.approx(0.01)


def test_no_limit_where_the_norm_is_zero():
    assert (
        optimizers.Optimizer(*spec.parse("sgd")).build(0.1, clip_norm=0.0).global_clipnorm is None
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lion", "Known: adam, adamw, rmsprop, sgd"),
        ("adam(beta=0.5)", "beta_1=0.9"),
        ("adam(beta_1='x')", "should be a number"),
        ("adam(learning_rate=1)", "takes no argument"),
        ("sgd(momentum=2)", "momentum"),
    ],
)
def test_what_is_unknown_is_answered_with_what_is_known(text, message):
    with pytest.raises(SpecError, match=message):
        optimizers.Optimizer(*spec.parse(text)).require_known()


def test_constant_without_warm_up_is_a_number():
    assert optimizers.learning_rate(0.1, 0, "constant", 100) == 0.1


def test_warm_up_rises_linearly_and_stays():
    rate = optimizers.learning_rate(0.1, 10, "constant", 100)
    assert [float(rate(step)) for step in (0, 5, 10, 50)] == pytest.approx([0, 0.05, 0.1, 0.1])


def test_cosine_falls_from_the_peak_to_zero():
    rate = optimizers.learning_rate(0.1, 20, "cosine", 100)
    assert float(rate(10)) == pytest.approx(0.05)
    for step in (20, 40, 60, 99, 100, 200):
        expected = 0.05 * (1 + math.cos(math.pi * min(1, (step - 20) / 80)))
        assert float(rate(step)) == pytest.approx(expected, abs=1e-7)
