"""The parts of an experiment are composed once, and what does not fit is refused."""

import collections
import pathlib
import sys

import keras
import pytest

import zoo
from zoo import spec
from zoo.errors import SpecError
from zoo.runs import building, optimizers, sampling


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data": "minst"}, "no 'minst' in data. Known: .*mnist"),
        ({"model": "lstm(unit=3)"}, r"takes no argument 'unit'. It is written lstm\(units="),
        ({"model": "lstm(units='a')"}, "should be whole number"),
        ({"model": "dcgan"}, "surnames is text. Models for text: .*lstm"),
        ({"objective": "generalised_js"}, "Objectives for it: distillation, maximum_likelihood"),
        ({"objective": "scheduled_sampling(passes=0)"}, "received 0"),
        ({"optimizer": "lion"}, "Known: adam, adamw, rmsprop, sgd"),
    ],
)
def test_parts_that_do_not_fit_are_refused_before_any_work(
    changes, message, tiny_experiment, tmp_path
):
    made = tiny_experiment(**{"data": "surnames"} | changes)
    with pytest.raises(SpecError, match=message):
        building.compose(made)
    with pytest.raises(SpecError, match=message):
        zoo.train(made, str(tmp_path / "run"))
    assert not (tmp_path / "run").exists()


class FirstStepError(Exception):
    pass


@pytest.fixture
def until_the_first_step(monkeypatch, tmp_path):
    """Trains an experiment up to its first step."""

    def first_step(*arguments, **options):
        raise FirstStepError

    def until(experiment):
        monkeypatch.setattr(keras.Model, "fit", first_step)
        with pytest.raises(FirstStepError):
            zoo.train(experiment, str(tmp_path / "run"))

    return until


def test_each_spec_is_read_once_on_the_way_to_the_first_step(
    monkeypatch, tiny_experiment, until_the_first_step
):
    made = tiny_experiment(optimizer="adam(beta_1=0.5)")
    read, parse = collections.Counter(), spec.parse

    def counted(text):
        read[text] += 1
        return parse(text)

    monkeypatch.setattr(spec, "parse", counted)
    until_the_first_step(made)
    specs = made.data, made.model, made.objective, made.optimizer
    assert [read[text] for text in specs] == [1, 1, 1, 1]


CARRIERS = zoo.Experiment, building.Specs, building.Parts, spec.Part, optimizers.Optimizer


def test_an_experiment_is_handed_to_twelve_modules_and_comes_back_to_four(
    tiny_experiment, until_the_first_step
):
    """Of all calls between `train` and `fit`, those that are given the experiment or its parts."""
    made, way = tiny_experiment(), []
    texts = {made.data, made.model, made.objective, made.optimizer}
    package = str(pathlib.Path(zoo.__file__).parent)

    def is_handed(value):
        return isinstance(value, CARRIERS) or (isinstance(value, str) and value in texts)

    def watch(frame, event, _):
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(package):
            return
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        handed = any(is_handed(frame.f_locals.get(name)) for name in names)
        if handed and way[-1:] != [code.co_filename]:
            way.append(code.co_filename)

    sys.setprofile(watch)
    try:
        until_the_first_step(made)
    finally:
        sys.setprofile(None)
    assert way[0].endswith("training.py")
    assert way[-1].endswith("fitting.py")
    assert len(set(way)) <= 12, "\n".join(way)
    assert len(way) - len(set(way)) <= 4, "\n".join(way)


def test_seeds_of_samples_are_consecutive_in_batches():
    parts = sampling.seeds(501, seed=2)
    assert [len(part) for part in parts] == [250, 250, 1]
    assert [int(part[0]) - (2 << 32) for part in parts] == [0, 250, 500]
    with pytest.raises(SpecError, match="seed=-1"):
        sampling.seeds(1, seed=-1)
