"""Temperature raises probabilities to the power 1 / temperature."""

import numpy as np
import pytest
import tensorflow as tf

from zoo import spec
from zoo.errors import SpecError


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


@pytest.mark.parametrize("temperature", [0.0, -1.0])
def test_a_temperature_that_is_not_positive_is_refused(temperature):
    with pytest.raises(SpecError, match=r"use greedy\(\)"):
        spec.build("samplers", f"temperature(temperature={temperature})")
