"""A run that is not trained, over data that a test chooses."""

import types

import pytest

from zoo import spec
from zoo.data._splits import Dataset


@pytest.fixture
def untrained():
    """Makes what metrics see of a run: `untrained(model_spec, example, split)`."""

    def make(model, example, split):
        model = spec.build("models", model, example)
        generator = model.networks()["generator"]
        return types.SimpleNamespace(
            model=model,
            generator=generator,
            example=example,
            dataset=Dataset(example, split, split, split),
        )

    return make
