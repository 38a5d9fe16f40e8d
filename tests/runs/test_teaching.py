"""A run that is trained by distillation: it knows its teacher again."""

import dataclasses
import json
import pathlib
import shutil

import numpy as np
import pytest

import zoo
from zoo.errors import RunFolderError, SpecError

DATA = "pairs(joint=[[0.4, 0.1], [0.2, 0.3]])"


@pytest.fixture(scope="module")
def teacher(tiny_run):
    return tiny_run(seed=1)


@pytest.fixture
def experiment(teacher, tiny_experiment):
    objective = f"distillation(teacher={str(teacher.folder.path)!r}, own=0.5, pi=0.3)"
    return tiny_experiment(objective=objective, average_decay=0.9)


def test_a_run_goes_on_as_if_it_had_never_stopped(experiment, tmp_path):
    whole = zoo.train(experiment, str(tmp_path / "whole"))
    zoo.train(dataclasses.replace(experiment, steps=1), str(tmp_path / "parts"))
    parts = zoo.train(experiment, str(tmp_path / "parts"))
    for one, other in zip(whole.generator.variables, parts.generator.variables, strict=True):
        np.testing.assert_array_equal(one, other)
    assert zoo.load(str(tmp_path / "parts")).samples(3) == whole.samples(3)


def test_it_is_sampled_without_its_teacher(experiment, teacher, tmp_path):
    copy = tmp_path / "teacher"
    shutil.copytree(teacher.folder.path, copy)
    objective = f"distillation(teacher={str(copy)!r})"
    run = zoo.train(dataclasses.replace(experiment, objective=objective), str(tmp_path / "run"))
    shutil.rmtree(copy)
    assert zoo.load(str(tmp_path / "run")).samples(2) == run.samples(2)
    longer = dataclasses.replace(experiment, objective=objective, steps=3)
    with pytest.raises(SpecError, match=r"no teacher at .*teacher\. .* is not a run folder"):
        zoo.train(longer, str(tmp_path / "run"))


def test_another_teacher_is_refused(experiment, teacher, tiny_run, tmp_path):
    copy = tmp_path / "teacher"
    shutil.copytree(teacher.folder.path, copy)
    made = dataclasses.replace(experiment, objective=f"distillation(teacher={str(copy)!r})")
    zoo.train(dataclasses.replace(made, steps=1), str(tmp_path / "run"))
    recorded = json.loads((tmp_path / "run" / "experiment.json").read_text(encoding="utf-8"))
    assert len(recorded["teacher"]) == 64
    shutil.rmtree(copy)
    shutil.copytree(tiny_run(seed=2).folder.path, copy)
    with pytest.raises(RunFolderError, match=r"its weights have changed\. Give it back"):
        zoo.train(made, str(tmp_path / "run"))


def test_a_path_holds_in_another_working_directory(experiment, teacher, tmp_path, monkeypatch):
    path = pathlib.Path(teacher.folder.path)
    monkeypatch.chdir(path.parent)
    made = dataclasses.replace(experiment, objective=f"distillation(teacher={path.name!r})")
    zoo.train(dataclasses.replace(made, steps=1), str(tmp_path / "run"))
    assert str(path) in zoo.load(str(tmp_path / "run")).experiment.objective
    zoo.train(made, str(tmp_path / "run"))


def test_a_published_model_teaches_by_its_name(experiment, tmp_path, monkeypatch):
    made = dataclasses.replace(
        experiment,
        data="surnames",
        model="gru(units=4, layers=1)",
        objective="distillation(teacher='surnames_lstm')",
        steps=1,
    )
    zoo.train(made, str(tmp_path / "run"))
    assert zoo.load(str(tmp_path / "run")).experiment.objective == made.objective


@pytest.mark.parametrize(
    ("data", "model"),
    [
        ("surnames", "lstm(units=4, layers=1)"),
        ("mnist_5k(binary=True)", "lstm(units=4, patch=[2, 4])"),
    ],
)
def test_a_teacher_of_other_tokens_is_refused(experiment, data, model, tmp_path):
    made = dataclasses.replace(experiment, data=data, model=model)
    with pytest.raises(SpecError, match="Give a sequence model of the same tokens"):
        zoo.train(made, str(tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_a_teacher_of_other_patches_is_refused(tiny_experiment, tmp_path):
    data = "mnist_5k(binary=True)"
    teacher = tiny_experiment(
        data=data, model="independent(patch=[4, 2])", objective="maximum_likelihood", steps=1
    )
    path = str(tmp_path / "teacher")
    zoo.train(teacher, path)
    made = dataclasses.replace(
        teacher, model="independent(patch=[2, 4])", objective=f"distillation(teacher={path!r})"
    )
    with pytest.raises(SpecError, match=r"images as 7 by 14 patches; the student reads 14 by 7\."):
        zoo.train(made, str(tmp_path / "run"))
