"""The program that trains Figure 1: what it trains, keeps, chooses and draws."""

import dataclasses
import json

import numpy as np
import pytest

from experiments import adversarial_figure1 as program
from experiments import plots
from zoo.distributions import gaussian_mixture as mixtures
from zoo.errors import DataError
from zoo.theory import figure1


def run(mean, std, bound=0.1, pi=0.5, mixture="bow", seed=0, start="moments"):
    """A run that came to a mean and a deviation."""
    return {
        "mixture": mixture,
        "start": start,
        "pi": pi,
        "seed": seed,
        "mean": mean,
        "std": std,
        "divergence_bound": [bound, 0.001],
        "seconds": 1.0,
    }


def test_each_pi_leads_to_its_own_optimum(tmp_path):
    """From half way between the optima of two π, in a twentieth of the steps."""
    optima = [program.exact("mixture_a", pi) for pi in (0.1, 0.9)]
    mean, std = np.mean([o.mean for o in optima], axis=0), np.mean([o.std for o in optima])
    for pi in (0.1, 0.9):
        made = program.settings("mixture_a", "moments", pi, seed=0, steps=400)
        model = f"gaussian(mean={mean.tolist()}, std={std})"
        quick = {"learning_rate": 5e-3, "average_decay": 0.98}
        made = dataclasses.replace(made, model=model, **quick)
        found = program.trained(made, tmp_path / str(pi))
        errors = {p: program.errors(found | {"mixture": "mixture_a", "pi": p}) for p in (0.1, 0.9)}
        of_std, of_mean = errors.pop(pi)
        ((other_of_std, other_of_mean),) = errors.values()
        assert of_std < other_of_std / 2
        assert of_mean < other_of_mean / 2


def test_training_begins_at_the_moments_or_at_the_heaviest_component():
    mean, std = mixtures.moments(mixtures.load(mixtures.FILES["two_modes"]))
    numbers = [round(float(number), 6) for number in (*mean, std)]
    model = program.settings("two_modes", "moments", 0.1, 0).model
    assert model == f"gaussian(mean={numbers[:2]}, std={numbers[2]})"
    component = program.settings("two_modes", "component", 0.1, 0)
    assert component.model == "gaussian(mean=[0.0, 0.0], std=1.0)"
    assert component.objective == "generalised_js(pi=0.1, discriminator_steps=2)"


def test_of_several_starts_the_one_counts_of_the_lowest_bound():
    far, near = run([3.0, 0.0], 3.5, bound=0.16), run([0.0, 0.0], 1.0, bound=0.10)
    other = run([0.0, 0.0], 1.0, bound=0.2, seed=1)
    assert program.best_starts([far, near, other]) == [near, other]
    assert program.best_starts([near, far]) == [near]


def test_errors_are_those_from_the_exact_fit():
    exact = figure1.fit(*mixtures.load(mixtures.FILES["bow"]), 0.5)
    there = run(exact.mean.tolist(), exact.std)
    assert program.errors(there) == (0, 0)
    beside = run((exact.mean + np.array([0.03, -0.04])).tolist(), 1.02 * exact.std)
    np.testing.assert_allclose(program.errors(beside), [0.02, 0.05], rtol=1e-9)
    (line,) = program.summary([there, beside])
    assert "at most 0.0500 of the mean and 2.00 % of the deviation" in line


def test_the_figure_has_a_row_for_each_mixture_with_every_run_in_its_place():
    fits = [figure1.Fit(np.array([1.0, 2.0]), 3.0, 0.1)] * 3
    runs = [run([1.1, 2.2], 3.3, pi=0.9), run([1.0, 2.0], 3.0, pi=0.1)]
    figure = plots.trained_curves([0.1, 0.5, 0.9], {"one": (fits, runs), "two": (fits, runs[:1])})
    assert len(figure.axes) == 6
    std, first, second = figure.axes[:3]
    for ax, values in ((std, [3.3, 3.0]), (first, [1.1, 1.0]), (second, [2.2, 2.0])):
        exact, trained = (line.get_xydata() for line in ax.lines)
        np.testing.assert_allclose(exact[:, 0], [-np.log(9), 0, np.log(9)], atol=1e-12)
        np.testing.assert_allclose(trained, np.transpose([[np.log(9), -np.log(9)], values]))


def test_a_file_of_something_else_is_told(tmp_path):
    assert program.read(tmp_path / "none.json") == []
    (tmp_path / "runs.json").write_text("[]")
    with pytest.raises(DataError, match="contains no runs"):
        program.read(tmp_path / "runs.json")


def test_the_program_trains_what_is_not_in_its_file_and_draws_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(program, "CURVE", np.array([0.5]))
    command = ["--workdir", str(tmp_path / "runs"), "--output", str(tmp_path / "new")]
    command += ["--mixtures", "bow", "--pis", "0.5", "--steps", "2", "--seeds"]
    for seeds, trained in ((["3"], ["3"]), (["3", "4"], ["4"]), (["4"], [])):
        program.main([*command, *seeds])
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[5] for line in lines if "from moments" in line] == trained
        assert lines[-1].startswith(f"bow        π = 0.5   {len(seeds)} seeds: at most")
    runs = json.loads((tmp_path / "new" / "adversarial_figure1.json").read_text())["runs"]
    assert [each["seed"] for each in runs] == [3, 4]
    assert runs[0]["mean"] != runs[1]["mean"]
    assert (tmp_path / "new" / "adversarial_figure1.png").is_file()
