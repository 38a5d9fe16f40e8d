"""What is measured of runs, against which real examples, and what is written down."""

import contextlib
import dataclasses
import json
import math

import numpy as np
import pytest

from zoo import spec
from zoo.data.base.splits import ContiguousText, Dataset
from zoo.errors import SpecError
from zoo.metrics import Measurement
from zoo.runs.evaluation import Evaluation, Settings, comparisons, evaluate, evaluate_all

CHEAP = ("distinct", "length_tv", "nll")


@pytest.fixture(scope="module")
def names():
    return spec.build("data", "surnames", None)


@pytest.fixture(scope="module")
def runs(tiny_run):
    """Two models of one data set, hardly trained."""
    models = [f"lstm(units={units}, layers=1)" for units in (3, 4)]
    return [tiny_run(data="surnames", model=model, steps=1) for model in models]


def rows_of(array):
    return {row.tobytes() for row in array}


def test_samples_and_their_stand_ins_meet_the_same_real_examples(names):
    drawn = names.train.values[:50]
    samples, other = comparisons(names, "test", lambda count: drawn[:count], 50, seed=3)
    np.testing.assert_array_equal(samples.generated, drawn)
    assert samples.real is other.real
    assert rows_of(samples.real) <= rows_of(names.test.values)
    assert rows_of(other.generated) <= rows_of(names.validation.values)
    assert rows_of(samples.training) == rows_of(names.train.values)
    assert len(samples.real) == len(other.generated) == 50


@pytest.mark.parametrize(("split", "stand_in"), [("train", "validation"), ("validation", "test")])
def test_the_ceiling_of_any_split_is_of_another_held_out_one(names, split, stand_in):
    _, other = comparisons(names, split, lambda count: names.train.values[:count], 9, seed=0)
    assert rows_of(other.generated) <= rows_of(names.split(stand_in).values)


def test_no_more_samples_are_compared_than_there_are_real_examples(names):
    asked = []

    def draw(count):
        asked.append(count)
        return names.train.values[:count]

    fewest = min(len(names.test), len(names.validation))
    assert comparisons(names, "test", draw, 10**6, seed=0)[0].count == fewest
    assert asked == [fewest]


def test_windows_of_running_text_do_not_overlap(letters):
    """Overlapping ones would let a classifier know half of what it is tested on."""
    domain = dataclasses.replace(letters, contiguous=True)
    text = ContiguousText(np.arange(103, dtype=np.int32), 4)
    dataset = Dataset(domain, text, text, text)
    samples, _ = comparisons(dataset, "test", lambda n: np.zeros([n, 4], np.int32), 1000, seed=0)
    assert samples.count == 25
    assert sorted(samples.real.ravel()) == list(range(100))
    assert samples.real[:, 0].tolist() != sorted(samples.real[:, 0])  # not the text's beginning


def test_what_is_drawn_for_each_part_is_drawn_independently():
    """All parts of such data are one distribution; a part that is another's copy tells nothing."""
    dataset = spec.build("data", "pairs(joint=[[0.1, 0.2], [0.3, 0.4]])", None)
    samples, other = comparisons(
        dataset, "test", lambda count: dataset.train.batch(9, count, 0).numpy(), 2000, seed=0
    )
    for one, two in (
        (samples.generated, other.real),
        (samples.generated, other.generated),
        (other.generated, other.real),
    ):
        # Two independent pairs are equal with probability 0.30, ± 0.01 over 2,000.
        assert abs(np.mean((one == two).all(axis=-1)) - 0.3) < 0.04


def test_of_what_is_drawn_by_weights_all_training_rows_are_known(names):
    dataset = spec.build("data", "surnames(weighted=True)", None)
    samples, other = comparisons(
        dataset, "test", lambda count: dataset.train.batch(9, count, 0).numpy(), 10, seed=0
    )
    assert samples.rows is other.rows is dataset.train.values
    assert rows_of(samples.training) < rows_of(samples.rows)
    drawn = comparisons(names, "test", lambda count: names.train.values[:count], 10, seed=0)[0]
    assert drawn.rows is None


def test_each_measure_has_the_ceiling_of_real_examples(runs):
    (run,) = runs[:1]
    measured = evaluate(run, splits=("test",), metrics=CHEAP, count=40, seed=5)
    _, other = comparisons(run.dataset, "test", lambda n: run.draw(n, 5), 40, seed=5)
    expected = spec.module("metrics", "distinct").compare(other)["distinct_2"].value
    assert measured["distinct_2"].ceiling == expected
    assert measured["nll"].ceiling is None


def test_runs_of_one_data_set_share_their_ceilings(runs):
    first, second = evaluate_all(runs, Settings(metrics=CHEAP, count=40))
    assert first.measured["nll"].value != second.measured["nll"].value
    assert first.measured["length_tv"].ceiling == second.measured["length_tv"].ceiling > 0
    assert {"nll", "nll@validation"} <= first.measured.keys() == second.measured.keys()
    assert first.members["nll@validation"] == "nll"


def test_what_is_written_says_how_it_was_measured(runs):
    run = dataclasses.replace(runs[0], sampler="temperature(temperature=0.5)")
    measured = evaluate(run, splits=("validation",), metrics=("distinct",), count=30, seed=7)
    record = json.loads((run.folder.path / "metrics.json").read_text())
    one = dataclasses.asdict(measured["distinct_1@validation"])
    assert record["metrics"]["distinct_1@validation"] == one | {"metric": "distinct"}
    asked = {"splits": ["validation"], "metrics": ["distinct"], "count": 30, "seed": 7}
    assert asked.items() <= record["evaluation"].items()
    assert record["evaluation"]["sampler"] == "temperature(temperature=0.5)"
    assert set(record["evaluation"]["seconds"]) == {"distinct"}


def test_a_figure_that_is_not_finite_is_written_as_null(runs):
    evaluation = Evaluation(runs[0], Settings())
    evaluation.measured["nll"] = Measurement(math.inf, "nats", math.nan, 1, "test", "lower")
    evaluation.members["nll"] = "nll"
    evaluation.write()
    written = json.loads((runs[0].folder.path / "metrics.json").read_text())["metrics"]["nll"]
    assert (written["value"], written["standard_error"], written["count"]) == (None, None, 1)


def test_a_measure_that_needs_more_samples_is_left_out_and_told(runs, monkeypatch):
    known = spec.names
    few = {"metrics": ["c2st", "nll"]}  # for its speed
    monkeypatch.setattr(spec, "names", lambda folder: few.get(folder) or known(folder))
    (evaluation,) = evaluate_all(runs[:1], Settings(splits=("test",), count=1))
    assert "at least 2 samples" in evaluation.left_out["c2st"]
    assert "c2st" not in evaluation.measured
    assert "nll" in evaluation.measured


def test_one_that_was_asked_for_by_name_is_not_left_out(runs):
    with pytest.raises(SpecError, match="at least 2 samples"):
        evaluate_all(runs[:1], Settings(splits=("test",), metrics=("c2st",), count=1))


def test_progress_is_told_of_every_measure(runs):
    told = []

    class Progress:
        def __init__(self, what):
            self.what = what

        def __enter__(self):
            pass

        def __exit__(self, *raised):
            told.append(self.what)

    evaluate_all(runs[:1], Settings(metrics=CHEAP, count=20), Progress)
    assert told[1:] == [
        *("nll on validation", "nll on test", "drawing 20 samples"),
        *("distinct on test", "length_tv on test"),
    ]


def test_progress_tells_of_the_samples_that_are_drawn(runs):
    told = []

    @contextlib.contextmanager
    def progress(what):
        told.append(what)
        yield

    parts = (runs[0].dataset.validation, runs[0].dataset.test)
    evaluate_all(runs[:1], Settings(metrics=("distinct",), count=10**6), progress)
    assert f"drawing {min(map(len, parts)):,} samples" in told
    evaluate_all(runs[:1], Settings(metrics=("distinct",), count=1), progress)
    assert "drawing 1 sample" in told


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"splits": ("dev",)}, "There is no split 'dev'. Known: train, validation, test."),
        ({"metrics": ("fid",)}, "There is no 'fid' in metrics. Known: "),
        ({"metrics": ("class_histogram", "nll")}, "class_histogram cannot be measured of lstm"),
    ],
)
def test_what_cannot_be_measured_is_refused(runs, settings, message):
    with pytest.raises(SpecError) as raised:
        evaluate(runs[0], **settings)
    assert message in str(raised.value)


def test_an_evaluation_adds_to_what_was_measured_before(runs):
    (run,) = runs[:1]
    path = run.folder.path / "metrics.json"
    path.unlink(missing_ok=True)
    evaluate(run, splits=("test",), metrics=("distinct",), count=20, seed=5)
    evaluate(run, splits=("test",), metrics=("nll",), count=20, seed=5)
    same = json.loads(path.read_text())
    assert {"nll", "distinct_2"} <= same["metrics"].keys()
    evaluate(run, splits=("test",), metrics=("nll",), count=20, seed=6)
    evaluate(run, splits=("test",), metrics=("nll",), count=20, seed=6)
    other = json.loads(path.read_text())
    assert "distinct_2" not in other["metrics"]
    assert [each["metrics"] for each in other["earlier"]] == [same["metrics"]]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"count": 0}, "count=0 should be at least 1"),
        ({"seed": -1}, "seed=-1 should be from 0 to 2147483647"),
        ({"metrics": ("fresh_bound(pi=0.1)", "fresh_bound")}, "fresh_bound is given twice"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, message):
    with pytest.raises(SpecError, match=message):
        Settings(**settings)


def write(run, settings, value, name="nll", member="nll"):
    figure = Measurement(value, "nats", None, 1, "test", "lower")
    Evaluation(run, settings, {name: figure}, {name: member}).write()


def values_in(record):
    return {name: figure["value"] for name, figure in record["metrics"].items()}


def test_figures_of_each_sampler_count_seed_and_step_are_kept_apart(runs):
    """The newest first, and of those measured alike the newest figure."""
    path, settings = runs[0].folder.path / "metrics.json", Settings(count=20, seed=5)

    def record(value, run=runs[0], settings=settings, name="nll"):
        write(run, settings, value, name)

    path.write_text("{")  # not finished: there is nothing to keep
    record(0.0)
    record(1.0)
    record(2.0, settings=dataclasses.replace(settings, count=30))
    record(3.0, settings=dataclasses.replace(settings, seed=6))
    record(4.0, dataclasses.replace(runs[0], sampler="top_k(k=2)"))
    record(5.0, dataclasses.replace(runs[0], step=7))
    record(6.0, name="parzen")
    written = json.loads(path.read_text())
    assert values_in(written) == {"nll": 1.0, "parzen": 6.0}
    assert [each["metrics"]["nll"]["value"] for each in written["earlier"]] == [5.0, 4.0, 3.0, 2.0]


def test_figures_of_other_arguments_of_a_metric_are_kept_apart(runs):
    path = runs[0].folder.path / "metrics.json"
    path.unlink(missing_ok=True)
    for value, text in enumerate(("fresh_bound(pi=0.9)", "nll", "fresh_bound", "distinct")):
        name = text.partition("(")[0]
        write(runs[0], Settings(metrics=(text,)), float(value), name, name)
    written = json.loads(path.read_text())
    assert values_in(written) == {"nll": 1.0, "fresh_bound": 2.0, "distinct": 3.0}
    assert written["metrics"]["fresh_bound"]["metric"] == "fresh_bound"
    (earlier,) = written["earlier"]
    assert values_in(earlier) == {"fresh_bound": 0.0}
    assert earlier["metrics"]["fresh_bound"]["metric"] == "fresh_bound(pi=0.9)"
    write(runs[0], Settings(metrics=("fresh_bound(pi=0.9)",)), 4.0, "fresh_bound", "fresh_bound")
    written = json.loads(path.read_text())
    assert values_in(written) == {"nll": 1.0, "fresh_bound": 4.0, "distinct": 3.0}
    assert [values_in(each) for each in written["earlier"]] == [{"fresh_bound": 2.0}]


def test_figures_of_other_weights_are_kept_apart(runs):
    """Published models of one name, measured into one folder."""
    path = runs[0].folder.path / "metrics.json"
    path.unlink(missing_ok=True)
    first, second = (dataclasses.replace(run, folder=runs[0].folder) for run in runs[:2])
    write(first, Settings(), 1.0)
    write(second, Settings(), 2.0)
    write(second, Settings(), 3.0, "parzen", "parzen")
    written = json.loads(path.read_text())
    assert values_in(written) == {"nll": 2.0, "parzen": 3.0}
    assert [values_in(each) for each in written["earlier"]] == [{"nll": 1.0}]


def test_a_figure_asked_for_that_is_not_finite_is_refused(runs):
    greedy = dataclasses.replace(runs[0], sampler="greedy()")
    with pytest.raises(SpecError, match="nll on test has no finite value with the sampler greedy"):
        evaluate(greedy, splits=("test",), metrics=("nll",), count=20)
