"""The program of experiments/real_text.py: its specs can be built, and it resumes."""

import json
import pathlib

import pytest

from experiments import real_text
from zoo import spec
from zoo.runs.run_folder import write_json

DOCS = pathlib.Path(__file__).parents[2] / "docs"


def test_every_kind_starts_from_likelihood():
    every = real_text.kinds(8)
    assert len(every) == 2 + 2 * len(real_text.PIS)
    for name, kind in every.items():
        spec.build("objectives", kind.objective)
        assert kind.init_from == (None if name == real_text.LIKELIHOOD else real_text.LIKELIHOOD)
    for t in real_text.TEMPERATURES:
        spec.build("samplers", f"temperature(temperature={t})")


def test_the_data_are_read_from_the_given_folder(tmp_path):
    for name in ("image_coco.txt", "test_coco.txt"):
        lines = [f"a {word} on a mat" for word in ("cat", "dog", "fox", "hen", "cow")] * 20
        (tmp_path / name).write_text("\n".join(lines), encoding="utf-8")
    data = spec.build("data", real_text.data_of("captions", tmp_path), None)
    assert data.domain.vocabulary.level == "word"
    assert data.domain.length == 25


@pytest.mark.parametrize("part", real_text.REFERENCES)
def test_the_document_has_the_table_of_its_results(part):
    record = json.loads((DOCS / f"figures/real_text_{part}.json").read_text(encoding="utf-8"))
    assert real_text.table(record) in (DOCS / "misspecified.md").read_text(encoding="utf-8")


def test_finished_runs_are_passed_over(tmp_path, monkeypatch, capsys):
    measured = dict(zip(real_text.MEASURES, (1.0, 2.0, 0.3, 4.0), strict=True))
    names = ["maximum likelihood, temperature 1", "mediator, π = 0.5"]
    settings = {"part": "shakespeare", "steps": 3, "count": 7}
    path = tmp_path / "real_text_shakespeare.json"
    errors = dict.fromkeys(real_text.MEASURES, 0.1)
    runs = {name: {"measured": measured, "standard_errors": errors} for name in names}
    write_json(path, {"settings": settings, "runs": runs, "real_texts": [0.5, 0.1]})
    before = path.read_bytes()
    monkeypatch.setattr(real_text, "measured", None)
    given = ["--part=shakespeare", "--steps=3", "--count=7", "--kinds", "mediator, π = 0.5"]
    real_text.main([*given, f"--output={tmp_path}", f"--workdir={tmp_path / 'runs'}"])
    assert path.read_bytes() == before
    assert not list(pathlib.Path(tmp_path / "runs" / "shakespeare").iterdir())
    row = "| mediator, π = 0.5 | 1.000 ± 0.100 | 2.000 ± 0.100 | 0.300 ± 0.100 | 4.000 ± 0.100 |"
    assert row in capsys.readouterr().out
    assert (tmp_path / "real_text_shakespeare.png").stat().st_size > 1000


def test_real_texts_hold_no_unknown_token(tmp_path):
    for name in ("image_coco.txt", "test_coco.txt"):
        lines = [f"a {word} on a mat" for word in ("cat", "dog", "fox", "hen", "cow")] * 20
        extra = ["a yak on a mat"] if name == "test_coco.txt" else []
        (tmp_path / name).write_text("\n".join(lines + extra), encoding="utf-8")
    data = spec.build("data", real_text.data_of("captions", tmp_path), None)
    assert len(data.test) == 101
    assert len(real_text.real_texts(data, 200)) == 100
    assert real_text.real_texts(data, 10).shape == (10, 25)
