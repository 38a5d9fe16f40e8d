"""REINFORCE with the exact density ratio ends at the optimum; the table has others beside it."""

import json
import pathlib

import pytest

from experiments import exact_ratio, misspecified

ROOT = pathlib.Path(__file__).parent.parent.parent
USUAL = "units=32, context=1"


@pytest.fixture
def arguments(tmp_path):
    return ["--sources=oracle", f"--capacities={USUAL}", "--steps=60", "--ways", exact_ratio.EXACT,
            f"--output={tmp_path}", f"--workdir={tmp_path / 'runs'}"]  # fmt: skip


def test_it_comes_near_the_optimum_in_few_steps(arguments, tmp_path, monkeypatch, capsys):
    """At the optimum JS is .1252 at π = .5 and .0478 at .9, at likelihood .1429 and .0633."""
    exact_ratio.main(arguments)
    record = json.loads((tmp_path / "exact_ratio.json").read_text(encoding="utf-8"))
    half, most = (
        record["runs"][f"oracle, {USUAL}, {exact_ratio.EXACT}, π = {pi}"]
        for pi in misspecified.FEW_PIS
    )
    assert 0.1252 <= half["js_0.5"] < 0.130
    assert 0.0477 <= most["js_0.9"] < 0.051
    assert f"| oracle | {USUAL} | 0.5 | 0.1252 | " in capsys.readouterr().out
    monkeypatch.setattr(exact_ratio, "train", None)  # finished runs are passed over
    exact_ratio.main(arguments)


def test_the_document_has_the_table_of_its_results():
    record, learned = (
        json.loads((ROOT / f"docs/figures/{name}.json").read_text(encoding="utf-8"))
        for name in ("exact_ratio", "misspecified")
    )
    document = (ROOT / "docs/misspecified.md").read_text(encoding="utf-8")
    assert exact_ratio.table(record, learned) in document
