"""The recurrence of the LSTM, against Keras's and against differences."""

import keras
import numpy as np

from zoo import spec
from zoo.models.layers.lstm import LSTMLayer


def test_forget_gates_start_open(letters):
    bias = spec.build("models", "lstm(units=3)", letters).network.layers_[1].bias
    np.testing.assert_array_equal(bias, [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0])


def test_the_variables_keep_their_order_and_shapes(letters):
    """Checkpoints hold them by their number."""
    model = spec.build("models", "lstm(units=3)", letters)
    layer = [("kernel", (3, 12)), ("recurrent_kernel", (3, 12)), ("bias", (12,))]
    found = [(variable.name, tuple(variable.shape)) for variable in model.variables]
    outer = [("embedding", (6, 3)), ("output", (3, 5)), ("output_bias", (5,))]
    assert found == [*outer, *layer, *layer]


def test_recurrence_and_its_gradient_equal_keras(assert_equals_keras):
    """Whose gates come in the same order i, f, g, o."""

    def assign(layer, reference):
        for mine, its in zip(layer.variables, reference.trainable_variables, strict=True):
            its.assign(mine)
        return reference.trainable_variables

    reference = keras.layers.LSTM(5, return_sequences=True, return_state=True)
    assert_equals_keras(LSTMLayer(5, name="layer"), reference, assign)


def test_the_gradient_holds_under_xla_and_in_float64(assert_equals_differences):
    assert_equals_differences(LSTMLayer(3, name="layer"))
