"""The program of experiments/poor_generators.py: its runs fit, and it resumes."""

import pytest

from experiments import poor_generators
from zoo import spec
from zoo.errors import SpecError
from zoo.runs.run_folder import write_json


def test_the_poorest_generator_has_one_latent():
    domain = spec.build("data", "mnist_5k", None).domain
    for size in poor_generators.LATENTS:
        pair = spec.build("models", poor_generators.model(size, 4), domain)
        assert pair.generator.count_params() < 20_000


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


def test_under_noise_pi_begins_in_the_middle():
    scheduled = spec.build("objectives", poor_generators.objective("noise", 0.1, 100))
    assert [round(float(scheduled.pi_at(step)), 6) for step in (0, 25, 50, 100)] == [
        *(0.5, 0.3, 0.1, 0.1)
    ]
    for game, pi in (("noise", 0.5), ("R1", 0.1)):
        constant = spec.build("objectives", poor_generators.objective(game, pi, 100))
        assert {float(constant.pi_at(step)) for step in (0, 50)} == {pi}
