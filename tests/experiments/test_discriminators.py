"""The program of experiments/discriminators.py: its marks, its table and its figure."""

import json
import pathlib

from experiments import discriminators, plots
from experiments.discriminators import BATCHES, DATA, KINDS, kinds_of
from zoo import spec

DOCS = pathlib.Path(__file__).parents[2] / "docs"


def test_the_last_mark_is_the_end():
    assert discriminators.marks(1000) == [1, 50, 250, 1000]
    assert discriminators.marks(1) == [1, 1, 1, 1]


def test_a_ratio_is_of_the_language_model_that_initialises_it():
    for kind in KINDS.values():
        name, arguments = spec.parse(kind.pair.format(discriminators.MODELS["long"]))
        if name == "likelihood_ratio_gan":
            assert arguments["data_model"] == kind.language_model
    assert kinds_of("long").keys() - kinds_of("enumerated").keys() == {
        "likelihood ratio, larger model"
    }


def test_the_document_has_the_table_of_its_results():
    record = json.loads((DOCS / "figures/discriminators.json").read_text(encoding="utf-8"))
    assert discriminators.table(record) in (DOCS / "refinement.md").read_text(encoding="utf-8")


def test_finished_runs_are_passed_over(tmp_path, monkeypatch, capsys):
    """Neither a ratio nor a bound is asked for where the file has all of a part."""
    runs = {
        f"enumerated, {name}, step {mark}": {
            "part": "enumerated", "name": name, "step": mark, "bound": 0.05,
            "standard_error": None,
        }
        for name in kinds_of("enumerated")
        for mark in discriminators.marks(100)
    }  # fmt: skip
    record = {"settings": {"data": DATA, "steps": 100, "batch_size": BATCHES}, "runs": runs}
    record["divergences"] = {"enumerated": [0.2, None]}
    path = tmp_path / "discriminators.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    before = path.read_bytes()
    monkeypatch.setattr(discriminators, "ratio", None)
    discriminators.main(
        ["--part=enumerated", "--steps=100", f"--output={tmp_path}", f"--workdir={tmp_path}"]
    )
    assert path.read_bytes() == before
    row = "| enumerated | convolutional | 0.050 | 0.050 | 0.050 | 0.050 | 0.200 |"
    assert row in capsys.readouterr().out
    assert (tmp_path / "discriminators.png").stat().st_size > 1000
    (ax,) = plots.discriminators(record).axes
    assert list(ax.lines[0].get_ydata()) == [0.25, 0.25, 0.25, 0.25]
