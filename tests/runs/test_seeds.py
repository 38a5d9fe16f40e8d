"""An experiment by several seeds: each is trained as it would be alone, and all are summed up."""

import dataclasses
import statistics

import numpy as np
import pytest

import zoo
from zoo.errors import RunFolderError, SpecError
from zoo.report import rows, runs, seeds, terminal
from zoo.runs import best
from zoo.runs.evaluation import Settings, evaluate_all
from zoo.runs.seeds import folders, train_seeds


@pytest.fixture(scope="module")
def made(tiny_experiment):
    return tiny_experiment(steps=4, model="lstm(units=4, layers=1, dropout=0.5)")


@pytest.fixture(scope="module")
def workdir(made, tmp_path_factory):
    """The folder of three seeds."""
    path = str(tmp_path_factory.mktemp("seeds") / "tiny")
    assert [run.experiment.seed for run in train_seeds(made, path, [2, 0, 10])] == [2, 0, 10]
    return path


@pytest.fixture(scope="module")
def evaluations(workdir):
    loaded = runs.load([workdir], None, None)
    return evaluate_all(loaded, Settings(metrics=("nll", "exact_divergences"), count=20))


def test_each_seed_is_trained_as_it_is_alone(workdir, made, tmp_path):
    alone = zoo.train(dataclasses.replace(made, seed=10), str(tmp_path / "alone"))
    ours, other = (zoo.load(f"{workdir}/seed_{seed}") for seed in (10, 2))
    for one, same in zip(ours.generator.variables, alone.generator.variables, strict=True):
        np.testing.assert_array_equal(one, same)
    assert any(
        np.any(one.numpy() != another.numpy())
        for one, another in zip(ours.generator.variables, other.generator.variables, strict=True)
    )


def test_a_finished_seed_is_passed_over_and_others_are_continued(workdir, made):
    path = zoo.load(f"{workdir}/seed_0").folder.checkpoints
    before = {each: each.stat().st_mtime_ns for each in path.iterdir()}
    train_seeds(made, workdir, [0])
    assert {each: each.stat().st_mtime_ns for each in path.iterdir()} == before
    with pytest.raises(RunFolderError, match="--batch_size was 4, now 5"):
        train_seeds(dataclasses.replace(made, batch_size=5), workdir, [0])


def test_the_folder_stands_for_its_seeds_in_order_of_their_numbers(workdir, tmp_path):
    assert folders(workdir) == [f"{workdir}/seed_{seed}" for seed in (0, 2, 10)]
    for other in (f"{workdir}/seed_0", str(tmp_path), str(tmp_path / "none")):
        assert folders(other) == [other]
    with pytest.raises(RunFolderError, match=r"such as .*/tiny/seed_0"):
        zoo.load(workdir)


def test_wrong_seeds_are_refused(made, workdir, tmp_path):
    for wrong, answer in (
        ([], "seeds is empty"),
        ([1, 1], "has a seed more than once"),
        ([-1], "should be 0 or larger"),
    ):
        with pytest.raises(SpecError, match=answer):
            train_seeds(made, str(tmp_path / "new"), wrong)
    with pytest.raises(RunFolderError, match="is the folder of one run"):
        train_seeds(made, f"{workdir}/seed_0", [0])
    assert not (tmp_path / "new").exists()


def test_runs_that_differ_in_their_seed_have_a_column_of_mean_and_deviation(evaluations):
    values = [evaluation.measured["nll"].value for evaluation in evaluations]
    mean = sum(values) / 3
    deviation = (sum((value - mean) ** 2 for value in values) / 2) ** 0.5
    assert deviation == pytest.approx(statistics.stdev(values))
    head, _, *lines = terminal.table(evaluations).splitlines()
    assert "tiny: mean ± s.d. (n - 1) over 3 seeds" in head
    (line,) = (each for each in lines if each.startswith("nll") and each.endswith("test"))
    column = head.index("tiny: mean")
    assert line[column:].startswith(f"{rows.number(mean)} ± {rows.number(deviation)}  ")


def test_other_runs_have_no_such_column(evaluations):
    assert seeds.groups(evaluations[:1]) == []
    assert "mean ±" not in terminal.table(evaluations[:1])
    changed = dataclasses.replace(
        evaluations[1].run, experiment=dataclasses.replace(evaluations[1].run.experiment, steps=9)
    )
    others = [evaluations[0], dataclasses.replace(evaluations[1], run=changed)]
    assert seeds.groups(others) == []
    assert seeds.groups([evaluations[0], evaluations[0]]) == []


def test_an_unfinished_seed_is_in_no_mean(evaluations):
    last = dataclasses.replace(evaluations[2], run=dataclasses.replace(evaluations[2].run, step=3))
    assert [group.numbers for group in seeds.groups([*evaluations[:2], last])] == [(0, 1)]
    assert seeds.unfinished(evaluations) == []
    (line,) = seeds.unfinished([*evaluations[:2], last])
    assert "seed_10 is not trained to its end, 4 steps, and left out of means" in line


def test_a_run_that_kept_its_best_or_ended_early_is_finished(made, tmp_path):
    """Its step is that of the best checkpoint, before its last step."""
    changes = {"steps": 12, "learning_rate": 0.3, "sample_every": 1, "keep_best": "nll"}
    for patience in (0, 2):
        run = zoo.train(
            dataclasses.replace(made, **changes, patience=patience), str(tmp_path / f"{patience}")
        )
        assert run.step < 12
        assert best.is_finished(run)
        longer = dataclasses.replace(run.experiment, steps=100)
        assert best.is_finished(dataclasses.replace(run, experiment=longer)) == (patience > 0)


def test_a_metric_that_a_run_lacks_has_no_mean(evaluations):
    cells = [evaluation.measured["nll"] for evaluation in evaluations]
    assert seeds.mean_and_deviation([*cells, None]) == ""
    infinite = dataclasses.replace(cells[0], value=float("inf"))
    assert seeds.mean_and_deviation([*cells, infinite]) == ""
    assert seeds.mean_and_deviation(cells) != ""
