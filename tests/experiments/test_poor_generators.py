"""The program of experiments/poor_generators.py: its runs fit, and it resumes."""

import json
import pathlib

import pytest

from experiments import poor_generators
from zoo import spec
from zoo.errors import SpecError
from zoo.metrics import Measurement
from zoo.runs.run_folder import write_json

DOCS = pathlib.Path(__file__).parents[2] / "docs"


def test_the_poorest_generator_has_one_latent():
    domain = spec.build("data", "mnist_5k", None).domain
    for size in poor_generators.LATENTS:
        pair = spec.build("models", poor_generators.model(size, 4), domain)
        assert pair.generator.count_params() < 20_000


def test_the_document_has_the_table_of_its_results():
    record = json.loads((DOCS / "figures/poor_generators.json").read_text(encoding="utf-8"))
    assert poor_generators.table(record) in (DOCS / "objectives.md").read_text(encoding="utf-8")


def test_finished_runs_are_passed_over(tmp_path, monkeypatch, capsys):
    options = poor_generators.arguments_of([f"--output={tmp_path}", f"--workdir={tmp_path}"])
    names = "data", "width", "steps", "fresh_steps", "count"
    settings = {name: getattr(options, name) for name in names}
    measured = dict.fromkeys(poor_generators.MEASURES, 0.5)
    runs = {
        f"{game}, latent_size={size}, π = {pi:g}, seed {seed}": {
            "game": game,
            "latent_size": size,
            "pi": pi,
            "seed": seed,
            "measured": measured | {"recall": 0.5 + 0.1 * seed},
        }
        for seed in (0, 1)
        for game in poor_generators.GAMES
        for size in poor_generators.LATENTS
        for pi in poor_generators.PIS
    }
    path = tmp_path / "poor_generators.json"
    write_json(path, {"settings": settings, "runs": runs})
    before = path.read_bytes()
    monkeypatch.setattr(poor_generators, "train", None)
    given = [f"--output={tmp_path}", f"--workdir={tmp_path}", "--seeds", "0", "1"]
    poor_generators.main(given)
    assert path.read_bytes() == before
    assert "| noise | 4 | 0.9 | 2 | 0.500 ± 0.000 | 0.550 ± 0.071 |" in capsys.readouterr().out
    assert (tmp_path / "poor_generators.png").stat().st_size > 1000
    with pytest.raises(SpecError, match=r"now .*'width': 8.*: move it, or"):
        poor_generators.main([*given, "--width=8"])


def test_all_games_begin_with_one_generator(tmp_path, monkeypatch):
    begun, measured = [], dict.fromkeys(poor_generators.MEASURES, 0.5)

    def trained(settings, folder):
        begun.append(settings.init_from)
        return folder

    def evaluated(run, **_):
        return {name: Measurement(value, "", 0.1, 2, "test") for name, value in measured.items()}

    monkeypatch.setattr(poor_generators, "train", trained)
    monkeypatch.setattr(poor_generators, "evaluate", evaluated)
    poor_generators.main([
        f"--output={tmp_path}", f"--workdir={tmp_path}", "--latent_sizes", "2", "--pis", "0.1",
        "0.9",
    ])  # fmt: skip
    assert begun == [None, str(tmp_path / "begin_latent_2_seed_0")] * 4
