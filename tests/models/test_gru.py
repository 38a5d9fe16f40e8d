"""The recurrence of the GRU, against its formula, Keras's and differences."""

import keras
import numpy as np

from zoo import spec
from zoo.models.layers.gru import GRULayer


def test_a_step_is_the_formula_of_the_first_version():
    """The reset gate acts on the product with the state, not on the state in it."""
    layer, draw = GRULayer(3, name="layer"), np.random.default_rng(0).normal
    layer.build((None, 3))
    hidden, kernel, projected = draw(size=[2, 3]), draw(size=[3, 9]), draw(size=[2, 9])
    (found,), _ = layer.activate(projected, hidden @ kernel, (hidden,))
    z, r = (
        1 / (1 + np.exp(-projected[:, at] - hidden @ kernel[:, at]))
        for at in (slice(0, 3), slice(3, 6))
    )
    candidate = np.tanh(projected[:, 6:] + r * (hidden @ kernel[:, 6:]))
    np.testing.assert_allclose(found, z * hidden + (1 - z) * candidate, rtol=1e-12)


def test_recurrence_and_its_gradient_equal_keras(assert_equals_keras):
    """With `reset_after`, whose gates come in the same order z, r, n."""

    def assign(layer, reference):
        kernel, recurrent_kernel, biases = reference.trainable_variables
        kernel.assign(layer.kernel)
        recurrent_kernel.assign(layer.recurrent_kernel)
        biases.assign(np.stack([layer.bias, np.zeros(layer.bias.shape)]))
        return reference.trainable_variables

    reference = keras.layers.GRU(5, return_sequences=True, return_state=True, reset_after=True)
    assert_equals_keras(GRULayer(5, name="layer"), reference, assign)


def test_the_gradient_holds_under_xla_and_in_float64(assert_equals_differences):
    assert_equals_differences(GRULayer(3, name="layer"))


def test_it_has_three_quarters_of_the_recurrent_weights_of_an_lstm(letters):
    def count(name):
        model = spec.build("models", f"{name}(units=8)", letters)
        return sum(
            np.prod(variable.shape)
            for layer in model.network.layers_
            for variable in layer.variables
        )

    assert 4 * count("gru") == 3 * count("lstm")
