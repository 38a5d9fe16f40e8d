"""The program of experiments/discriminators.py: its marks, its table and its figure."""

import json

from experiments import discriminators, plots
from experiments.discriminators import BATCHES, DATA, KINDS


def test_the_last_mark_is_the_end():
    assert discriminators.marks(1000) == [50, 250, 1000]
    assert discriminators.marks(1) == [1, 1, 1]


def test_finished_runs_are_passed_over(tmp_path, monkeypatch, capsys):
    """Neither a ratio nor a bound is asked for where the file has all of a part."""
    runs = {
        f"enumerated, {name}, step {mark}": {
            "part": "enumerated", "name": name, "step": mark, "bound": 0.05,
            "standard_error": None,
        }
        for name in KINDS
        for mark in discriminators.marks(20)
    }  # fmt: skip
    record = {"settings": {"data": DATA, "steps": 20, "batch_size": BATCHES}, "runs": runs}
    record["divergences"] = {"enumerated": [0.2, None]}
    path = tmp_path / "discriminators.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    before = path.read_bytes()
    monkeypatch.setattr(discriminators, "ratio", None)
    discriminators.main(
        ["--part=enumerated", "--steps=20", f"--output={tmp_path}", f"--workdir={tmp_path}"]
    )
    assert path.read_bytes() == before
    row = "| enumerated | convolutional | 20 | 0.0500 | 0.2000 | 0.25 |"
    assert row in capsys.readouterr().out
    assert (tmp_path / "discriminators.png").stat().st_size > 1000
    (ax,) = plots.discriminators(record).axes
    assert list(ax.lines[0].get_ydata()) == [0.25, 0.25, 0.25]
