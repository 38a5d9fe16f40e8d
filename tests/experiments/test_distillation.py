"""The program of experiments/distillation.py: its runs, its table, and that it resumes."""

import json
import pathlib

import numpy as np
import pytest

from experiments import distillation
from zoo.errors import SpecError
from zoo.runs.run_folder import write_json

DOCS = pathlib.Path(__file__).parents[2] / "docs"


def test_every_seed_is_trained_at_the_reverse_kl_alone():
    runs = distillation.runs([0.0, 1.0], [0, 1])
    assert len(runs) == 6 + 3
    assert {pi for pi, _, seed in runs if seed == 1} == {1.0}


def test_the_document_has_the_table_of_the_results():
    record = json.loads((DOCS / "figures" / "distillation.json").read_text(encoding="utf-8"))
    assert distillation.table(record) in (DOCS / "distillation.md").read_text(encoding="utf-8")


def test_students_end_where_the_sums_say():
    """Within 1 %, and with future=True within 5 % of the least KL[S‖T]; without it, twice that."""
    record = json.loads((DOCS / "figures" / "distillation.json").read_text(encoding="utf-8"))
    exact = record["exact"]
    least = exact["π = 1, own, future"]["kl_q_p"]
    for run in record["runs"].values():
        end = exact[distillation.key(run["pi"], run["prefixes"])]
        assert run["kl_q_p"] == pytest.approx(end["kl_q_p"], rel=0.01)
        if run["pi"] == 1:
            reached = run["kl_q_p"] < 1.05 * least
            assert reached == ("future" in run["prefixes"])


def test_finished_runs_are_passed_over_and_missing_ones_are_made(tmp_path, monkeypatch, capsys):
    path = tmp_path / "distillation.json"
    record = json.loads((DOCS / "figures" / "distillation.json").read_text(encoding="utf-8"))
    write_json(path, record)
    written = path.read_bytes()
    given = [f"--workdir={tmp_path / 'runs'}", f"--output={tmp_path}"]
    distillation.main(given)
    assert path.read_bytes() == written
    assert (tmp_path / "distillation.png").stat().st_size > 1000
    assert distillation.table(record) in capsys.readouterr().out
    del record["runs"]["π = 1, own, seed 2"]
    write_json(path, record)
    monkeypatch.setattr(distillation, "teacher", lambda *_: None)
    monkeypatch.setattr(distillation, "log_prob", lambda run: np.full(3125, -np.log(3125)))
    trained = []
    monkeypatch.setattr(distillation, "student", lambda *each: trained.append(each[1:4]))
    distillation.main(given)
    assert trained == [(1.0, "own", 2)]
    with pytest.raises(SpecError, match=r"now .*'steps': 2.*: move it, or"):
        distillation.main([*given, "--steps=2"])
