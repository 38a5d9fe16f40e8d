"""Results are gone on with, and never mixed with those of another setting."""

import pytest

from experiments import results
from zoo.errors import SpecError
from zoo.runs.run_folder import write_json


def test_results_are_those_of_the_same_settings_or_refused(tmp_path):
    path = tmp_path / "results.json"
    found = results.read(path, {"count": 3})
    assert found == {"settings": {"count": 3}, "runs": {}}
    found["runs"]["first"] = {"value": 0.5}
    write_json(path, found)
    assert results.read(path, {"count": 3}) == found
    with pytest.raises(SpecError, match=r"results of {'count': 3}, now {'count': 4}: move it, or"):
        results.read(path, {"count": 4})


def test_a_run_is_the_same_kind_of_run(tmp_path):
    results.require_same(tmp_path, "a run", {"steps": 3}, {"steps": 3})
    with pytest.raises(SpecError, match=r"has a run of {'steps': 3}, now {'steps': 4}"):
        results.require_same(tmp_path, "a run", {"steps": 3}, {"steps": 4})
