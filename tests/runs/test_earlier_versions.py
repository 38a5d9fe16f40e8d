"""Run folders and exports written by version 0.1 load, and give what they gave then."""

import json
import pathlib

import numpy as np
import pytest

from export import checking
from zoo import load

FIXTURES = pathlib.Path(__file__).parents[1] / "fixtures"


@pytest.mark.parametrize("folder", sorted((FIXTURES / "runs").iterdir()), ids=lambda f: f.name)
def test_a_run_folder_of_version_0_1_loads_and_draws_the_same(folder):
    run = load(str(folder))
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    drawn = run.samples(6, seed=1)
    if "samples" in expected:
        assert drawn == expected["samples"]
    else:
        axes = tuple(range(1, drawn.ndim))
        np.testing.assert_allclose(drawn.mean(axis=axes), expected["mean"], rtol=1e-4)
        np.testing.assert_allclose(drawn.std(axis=axes), expected["std"], rtol=1e-4)
    if "log_prob" in expected:
        log_prob = run.generator.log_prob(run.draw(6, seed=1))
        np.testing.assert_allclose(log_prob, expected["log_prob"], rtol=1e-5)


@pytest.mark.parametrize("folder", sorted((FIXTURES / "exports").iterdir()), ids=lambda f: f.name)
def test_an_export_of_version_0_1_answers_as_it_was_recorded(folder):
    assert checking.differences(str(folder / "1")) == []
