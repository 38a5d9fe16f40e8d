"""Two networks of one spec, each with weights of its own."""

import keras
import numpy as np
import pytest

from zoo import spec
from zoo.errors import SpecError


def test_the_mediator_is_another_network_of_the_generator_s_kind(letters):
    keras.utils.set_random_seed(1)
    model = spec.build("models", "mediated(generator='gru(units=4, layers=1)')", letters)
    networks = model.networks()
    assert list(networks) == ["generator", "mediator"]
    assert type(networks["generator"]) is type(networks["mediator"])
    pairs = zip(*(network.variables for network in networks.values()), strict=True)
    different = [np.abs(a.numpy() - b.numpy()).max() > 0 for a, b in pairs]
    assert any(different)
    model.mediator.variables[0].assign(0 * model.mediator.variables[0])
    assert np.abs(model.generator.variables[0]).max() > 0


def test_the_generator_is_the_network_that_maximum_likelihood_trains(letters):
    keras.utils.set_random_seed(1)
    alone = spec.build("models", "lstm(units=4, layers=1)", letters)
    keras.utils.set_random_seed(1)
    model = spec.build("models", "mediated(generator='lstm(units=4, layers=1)')", letters)
    for mine, its in zip(model.generator.variables, alone.variables, strict=True):
        np.testing.assert_array_equal(mine, its)


@pytest.mark.parametrize("generator", ["dcgan", "text_gan", "mediated"])
def test_what_is_no_autoregressive_model_of_texts_is_refused(letters, generator):
    with pytest.raises(SpecError, match=r"mediated: .*is no autoregressive model of text. Known"):
        spec.build("models", f"mediated(generator='{generator}')", letters)


def test_a_mediator_may_be_of_another_kind(letters):
    text = "mediated(generator='independent()', mediator='gru(units=4, layers=1)')"
    networks = spec.build("models", text, letters).networks()
    assert [network.name for network in networks.values()] == ["independent", "gru"]
