"""The programs that stand beside PyTorch, which find each other as `benchmarks.NAME`."""

import importlib
import pathlib

import keras
import pytest

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="module")
def load():
    """Imports a module of the folder by its name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT)
        yield lambda name: importlib.import_module(f"benchmarks.{name}")


@pytest.fixture
def works(load):
    """A function from a program's name and a case's sizes to what is timed of the zoo, by name."""
    policy = keras.config.dtype_policy()
    yield lambda program, **sizes: load(f"{program}_zoo").works(load(program).Case(**sizes))
    keras.config.set_dtype_policy(policy)  # works in bfloat16 change it
