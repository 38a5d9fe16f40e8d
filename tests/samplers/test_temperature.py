"""Temperature raises probabilities to the power 1 / temperature."""

import numpy as np
import pytest
import tensorflow as tf

from zoo import spec
from zoo.errors import SpecError
from zoo.samplers import check_temperature, is_temperature


@pytest.mark.parametrize("temperature", [0.25, 1.0, 3.0])
def test_probabilities_are_raised_to_its_inverse(temperature):
    probabilities = np.array([[0.5, 0.2, 0.3], [0.01, 0.01, 0.98]], np.float32)
    sampler = spec.build("samplers", f"temperature(temperature={temperature})")
    powers = probabilities ** (1 / temperature)
    np.testing.assert_allclose(
        tf.nn.softmax(sampler(tf.math.log(probabilities))),
        powers / powers.sum(axis=-1, keepdims=True),
        rtol=1e-5,
    )


@pytest.mark.parametrize("temperature", [-1.0, 1e-40, 1e-7, 1e39, float("inf"), float("nan")])
def test_a_temperature_that_would_make_nan_is_refused(temperature):
    written = {"inf": "1e999", "nan": "1e999"}.get(str(temperature), temperature)
    # 1e39 is infinite in float32
    with pytest.raises(SpecError, match="finite number of at least 1e-06"):
        spec.build("samplers", f"temperature(temperature={written})")
    with pytest.raises(SpecError, match="finite number of at least 1e-06"):
        check_temperature(temperature, "here")


@pytest.mark.parametrize("text", ["temperature({})", "top_k(k=3, {})", "nucleus(p=0.9, {})"])
def test_temperature_0_is_greedy_and_the_least_one_is_finite(text):
    logits = tf.constant([[1.0, 80.0, -80.0, 79.9]])
    greedy = spec.build("samplers", text.format("temperature=0.0"))(logits)
    np.testing.assert_array_equal(tf.nn.softmax(greedy), [[0, 1, 0, 0]])
    coldest = spec.build("samplers", text.format("temperature=1e-6"))(logits)
    np.testing.assert_array_equal(tf.nn.softmax(coldest), [[0, 1, 0, 0]])


def test_the_hottest_temperature_leaves_out_what_is_excluded():
    hottest = spec.build("samplers", "temperature(temperature=3.4e38)")
    found = tf.nn.softmax(hottest(tf.constant([[1.0, -np.inf, 2.0]])))
    np.testing.assert_allclose(found, [[0.5, 0, 0.5]], rtol=1e-6)


def test_of_tensors_as_of_numbers():
    """1e-40 is no 0, though arithmetic on the device may take it for one."""
    values = [0.0, -0.0, 1e-40, 9e-7, 1e-6, 3e38, float("inf"), float("nan"), -1.0]
    expected = [True, True, False, False, True, True, False, False, False]
    np.testing.assert_array_equal(tf.function(is_temperature)(tf.constant(values)), expected)
    assert [bool(is_temperature(value)) for value in values] == expected
