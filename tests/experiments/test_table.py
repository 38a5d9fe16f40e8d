"""The results tables: of one seed its standard error, of several their mean and deviation."""

import copy
import json

import pytest

from experiments import table
from zoo.errors import SpecError

ONE = {
    "metrics": {
        "nll": {
            "value": 2.0,
            "unit": "nats per character",
            "standard_error": 0.5,
            "count": 10,
            "split": "test",
            "ceiling": None,
        },
        "mauve": {"value": 0.5, "unit": "", "standard_error": None, "ceiling": 1.0},
    },
    "experiment": {"data": "surnames", "seed": 0, "step": 10, "steps": 10},
    "evaluation": {"sampler": "ancestral()", "count": 10, "seed": 0, "seconds": {"nll": 1.0}},
    "versions": {"python": "3.11"},
}


def result(seed, nll, **changes):
    record = copy.deepcopy(ONE)
    record["metrics"]["nll"]["value"] = nll
    record["experiment"] |= {"seed": seed} | changes
    return record


def test_over_seeds_the_mean_and_the_sample_deviation_are_shown():
    """Of 2, 4 and 9: 15 / 3 = 5, and (9 + 1 + 16) / 2 = 13, whose root is 3.606; not 26 / 3."""
    joined = table.over_seeds([result(0, 2.0), result(1, 4.0), result(7, 9.0)])
    assert joined["metrics"]["nll"]["value"] == 5.0
    assert joined["metrics"]["nll"]["standard_error"] is None
    assert joined["experiment"]["seed"] == [0, 1, 7]
    shown = table.figure("nll", joined["metrics"]["nll"])
    assert shown == "NLL 5.000 ± 3.606 nats per character on test over 3 seeds"
    once = table.figure("nll", ONE["metrics"]["nll"])
    assert once == "NLL 2.000 ± 0.500 nats per character on test"


def test_a_row_names_its_seeds(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "ROOT", tmp_path)
    flagfile = tmp_path / "tiny.flags"
    flagfile.write_text(
        "# Tiny.\n# Time: 1 minute\n# Hardware: a core\n"
        "--data=surnames\n--model=lstm\n--objective=maximum_likelihood\n"
    )
    flagfile.with_suffix(".json").write_text(
        json.dumps(table.over_seeds([result(0, 2.0), result(1, 4.0)]))
    )
    assert "NLL 3.000 ± 1.414 nats per character on test over 2 seeds" in table.row(flagfile)
    assert "1 minute, a core, seeds 0, 1 |" in table.row(flagfile)


def test_results_are_read_of_one_run_or_of_all_seeds(tmp_path):
    for seed, nll in ((2, 4.0), (10, 2.0)):
        folder = tmp_path / f"seed_{seed}"
        folder.mkdir()
        (folder / "experiment.json").write_text("{}")
        (folder / "metrics.json").write_text(json.dumps(result(seed, nll)))
    read = table.measured(tmp_path)
    assert read["metrics"]["nll"]["values"] == [4.0, 2.0]
    assert table.measured(tmp_path / "seed_2") == result(2, 4.0)
    unfinished = tmp_path / "seed_10" / "metrics.json"
    unfinished.write_text(json.dumps(result(10, 2.0, step=5)))
    with pytest.raises(SpecError, match=r"seed_10 was measured at step 5 of 10: train it to"):
        table.measured(tmp_path)
    unfinished.unlink()
    with pytest.raises(SpecError, match=r"seed_10 holds no metrics.json. Measure it first"):
        table.measured(tmp_path)


def test_a_metric_that_a_seed_lacks_has_no_mean():
    lacking, infinite = result(1, 4.0), result(2, None)
    del lacking["metrics"]["mauve"]
    assert table.over_seeds([result(0, 2.0), lacking])["metrics"].keys() == {"nll"}
    assert table.over_seeds([result(0, 2.0), infinite])["metrics"].keys() == {"mauve"}


def test_only_results_of_one_experiment_are_joined():
    with pytest.raises(SpecError, match="at least two different seeds"):
        table.over_seeds([result(0, 2.0)])
    with pytest.raises(SpecError, match="at least two different seeds"):
        table.over_seeds([result(0, 2.0), result(0, 2.0)])
    with pytest.raises(SpecError, match="not of one experiment: data differs"):
        table.over_seeds([result(0, 2.0), result(1, 2.0, data="pairs")])
    other = result(1, 2.0)
    other["evaluation"]["count"] = 20
    with pytest.raises(SpecError, match="evaluation count differs"):
        table.over_seeds([result(0, 2.0), other])
