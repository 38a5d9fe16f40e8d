"""The parts of the report: rows, explanations, curves, neighbours, passages, commands."""

import base64
import dataclasses
import errno
import io
import math
import shlex
import shutil
import tempfile
import types

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import zoo
from zoo import report, spec
from zoo.errors import SpecError, ZooError
from zoo.metrics import Measurement
from zoo.report import (
    explanations,
    logs,
    neighbours,
    passages,
    rows,
    runs,
    subjects,
    temperatures,
    terminal,
)
from zoo.runs import loading
from zoo.runs.evaluation import Evaluation, Settings
from zoo.runs.run import Run
from zoo.runs.run_folder import RunFolder
from zoo.tokenizers.vocabulary import END, UNKNOWN, Vocabulary

LOWER = Measurement(1.25, "nats", 0.01, 1000, "test", "lower", ceiling=1.0)
HIGHER = Measurement(0.5, "share", None, 1000, "validation", "higher")


def evaluation(path, **measured):
    folder = types.SimpleNamespace(path=path)
    members = dict.fromkeys(measured, "member")
    made = zoo.Experiment(data="pairs", model=str(path), objective="maximum_likelihood")
    run = types.SimpleNamespace(
        folder=folder, experiment=made, sampler="ancestral()", results=None, step=made.steps
    )
    return Evaluation(run, Settings(), measured, members)


def vocabulary(tokens, level="character"):
    return Vocabulary([UNKNOWN, END, *tokens], level)


def texts(vocabulary, *lines):
    length = max(map(len, lines)) + 1
    return np.array(
        [[*map(vocabulary.tokens.index, line)] + [1] * (length - len(line)) for line in lines]
    )


def test_the_table_of_one_run():
    lines = terminal.table([evaluation("runs/a", nll=LOWER, **{"share@validation": HIGHER})])
    head, _, first, second = (line.split("  ") for line in lines.split("\n"))
    told = [[cell.strip() for cell in line if cell.strip()] for line in (head, first, second)]
    assert told == [
        ["metric", "value ± s.e.", "ceiling", "unit", "count", "split"],
        ["nll ↓", "1.2500 ± 0.0100", "1", "nats", "1,000", "test"],
        ["share ↑", "0.5000", "share", "1,000", "validation"],
    ]


def test_the_table_of_several_runs_has_a_column_for_each():
    other = dataclasses.replace(LOWER, value=2.5, count=500)
    lines = terminal.table(
        [evaluation("one/run", nll=LOWER), evaluation("other/run", nll=other, share=HIGHER)]
    ).split("\n")
    assert lines[0].split() == [
        *("metric", "one/run", "ceiling", "other/run", "ceiling", "unit", "count", "split")
    ]
    assert "1.2500 ± 0.0100" in lines[2]
    assert "2.5000 ± 0.0100" in lines[2]
    assert "1,000 / 500" in lines[2]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *((1.23456, "1.2346"), (10.0, "10"), (123456.7, "1.235e+05"), (0.00012, "1.200e-04")),
        *((0.0, "0"), (-0.25, "-0.2500"), (math.inf, "inf"), (None, "")),
    ],
)
def test_numbers(value, text):
    assert rows.number(value) == text


def test_every_metric_is_explained_by_its_docstrings():
    for name in spec.names("metrics"):
        found = explanations.explanation(name)
        assert found.summary.endswith(".")
        assert found.details
        assert not any(part.startswith(("Args:", "Raises:")) for part in found.details)


def test_an_explanation_keeps_what_is_returned_and_the_source():
    found = explanations.explanation("divergence_bound")
    assert found.details[0].startswith("Computes H(π) minus the discriminator's loss")
    assert any(part.startswith("Returns:") for part in found.details)
    assert found.details[-1].startswith("Source: F. Huszár")


def write_scalars(folder, points):
    with tf.summary.create_file_writer(str(folder)).as_default():
        for tag, step, value in points:
            tf.summary.scalar(tag, value, step=step)


def test_curves_are_those_that_were_logged(tmp_path):
    points = [("train/loss", step, 1 / step) for step in (10, 20, 30)]
    points += [("validation/loss", 20, 0.5), ("validation/loss", 30, 0.25), ("train/pi", 10, 0.5)]
    write_scalars(tmp_path, points)
    found = logs.curves(tmp_path)
    assert list(found) == ["loss"]  # π never changed
    np.testing.assert_array_equal(found["loss"]["train"].steps, [10, 20, 30])
    np.testing.assert_allclose(found["loss"]["train"].values, [0.1, 0.05, 1 / 30], rtol=1e-6)
    np.testing.assert_array_equal(found["loss"]["validation"].values, [0.5, 0.25])


def test_steps_made_again_after_a_restart_count_as_the_second_time(tmp_path):
    write_scalars(tmp_path, [("train/loss", step, 1.0 + step) for step in (10, 20, 30, 40)])
    write_scalars(tmp_path, [("train/loss", step, 2.0 + step) for step in (30, 40)])
    found = logs.curves(tmp_path)["loss"]["train"]
    np.testing.assert_array_equal(found.steps, [10, 20, 30, 40])
    np.testing.assert_array_equal(found.values, [11, 21, 32, 42])


def test_a_folder_without_logs_has_no_curves(tmp_path):
    assert logs.curves(tmp_path / "none") == {}


def test_smoothing_takes_means_of_pieces():
    found = logs.smoothed(logs.Curve(np.arange(1, 11), np.arange(10.0)), parts=3)
    np.testing.assert_array_equal(found.steps, [4, 8])
    np.testing.assert_array_equal(found.values, [1.5, 5.5])


def test_the_nearest_images_are_found():
    training = np.random.default_rng(0).random([700, 5, 4, 1]).astype(np.float32)
    sample = training[[620]] + np.float32(0.01)
    (found,) = neighbours.nearest(sample, training)
    assert found.distance == pytest.approx(0.01 * math.sqrt(20), rel=1e-3)
    assert neighbours.nearest(training[[5]], training)[0].distance == 0
    kind, _, content = found.picture.partition(",")
    assert kind == "data:image/png;base64"
    picture = Image.open(io.BytesIO(base64.b64decode(content)))
    assert picture.size == (4 * (4 + 2) + 2, 5 + 2 * 2)
    shown = np.asarray(picture)[2:7, 8:12] / 255
    np.testing.assert_allclose(shown, training[620, ..., 0], atol=0.5 / 255)


def test_the_longest_piece_in_the_training_text_is_found():
    letters = vocabulary("abcdxyz")
    known = passages.TrainingText(texts(letters, "abcabd", "xyz"), letters)
    found = known.match(tuple(map(letters.tokens.index, "zcabdx")))
    assert found.text == ("z", "cabd", "x")
    assert (found.length, found.whole) == (4, False)
    assert found.training == ("ab", "cabd", "")


def test_pieces_do_not_reach_from_one_training_text_into_the_next():
    letters = vocabulary("abxy")
    known = passages.TrainingText(texts(letters, "ab", "xy"), letters)
    assert known.match(tuple(map(letters.tokens.index, "abxy"))).length == 2


def test_a_returned_training_text_is_recognised():
    letters = vocabulary("abxy")
    known = passages.TrainingText(texts(letters, "ab", "xya"), letters)
    whole = [known.match(tuple(map(letters.tokens.index, t))).whole for t in ("xya", "xy", "ab")]
    assert whole == [True, False, True]


def test_of_words_the_pieces_keep_their_spaces():
    words = vocabulary(["a", "dog", "runs", "sits"], "word")
    known = passages.TrainingText(np.array([[2, 3, 5, 1]]), words)
    found = known.match((4, 2, 3, 4))
    assert found.text == ("runs ", "a dog", " runs")
    assert found.training == ("", "a dog", " sits")


def test_a_text_of_nothing_known_has_no_piece():
    letters = vocabulary("abxy")
    found = passages.TrainingText(texts(letters, "ab"), letters).match((4, 5))
    assert (found.text, found.length) == (("", "", "xy"), 0)


def test_commands_are_those_that_were_given(tmp_path):
    made = zoo.Experiment(
        data="text_file(path='my file.txt')",
        model="lstm(units=4)",
        objective="maximum_likelihood",
        steps=7,
        clip_norm=1.0,
    )
    run = Run(RunFolder(tmp_path / "a run"), made, None, None, None, 7, "greedy()")
    settings = Settings(splits=("test",), metrics=("nll", "manifold", "c2st"), count=9, seed=3)
    measured = Evaluation(run, settings, seconds={"nll": 1.0, "c2st": 2.0})
    words = shlex.split(subjects.train_command(measured))
    assert words == [
        *("python", "train.py", "--data=text_file(path='my file.txt')", "--model=lstm(units=4)"),
        *("--objective=maximum_likelihood", "--steps=7", "--clip_norm=1.0"),
        f"--workdir={tmp_path}/a run",
    ]
    assert shlex.split(subjects.evaluate_command(measured, [0.7, 1.0])) == [
        *("python", "evaluate.py", f"--workdir={tmp_path}/a run", "--splits=test"),
        *("--metrics=nll,c2st", "--count=9", "--seed=3", "--sampler=greedy()"),
        "--temperatures=0.7,1.0",
    ]


def test_commands_of_a_run_that_keeps_its_best_say_what_decides_it(tmp_path):
    made = zoo.Experiment(
        data="surnames",
        model="lstm",
        objective="maximum_likelihood",
        sample_every=50,
        keep_best="nll",
        patience=3,
    )
    run = Run(RunFolder(tmp_path), made, None, None, None, 7, checkpoint="latest")
    measured = Evaluation(run, Settings(), seconds={})
    words = shlex.split(subjects.train_command(measured))
    assert {"--sample_every=50", "--keep_best=nll", "--patience=3"} <= set(words)
    assert "--checkpoint=latest" in shlex.split(subjects.evaluate_command(measured, []))
    plain = dataclasses.replace(
        run, experiment=dataclasses.replace(made, keep_best=None, patience=0)
    )
    words = shlex.split(subjects.train_command(dataclasses.replace(measured, run=plain)))
    assert not any(word.startswith(("--sample", "--keep", "--patience")) for word in words)


def test_commands_of_a_published_model_name_it_and_its_data_here(tmp_path):
    loaded = zoo.load_pretrained("surnames_lstm")
    assert _commands(loaded) == ["--workdir=runs/surnames_lstm", "--pretrained=surnames_lstm"]
    copy = shutil.copytree(loaded.folder.path, tmp_path / "copy")
    moved = dataclasses.replace(loaded.experiment, data="surnames(weighted=True)")
    theirs = dataclasses.replace(loaded, experiment=moved, folder=RunFolder(copy))
    assert _commands(theirs) == [
        *("--data=surnames(weighted=True)", "--workdir=runs/surnames_lstm"),
        *(f"--pretrained={copy}", "--data=surnames(weighted=True)"),
    ]


def _commands(run):
    """Where a run is trained and evaluated: the flags of the page's commands that say so."""
    evaluation = Evaluation(run, Settings(), seconds={})
    commands = subjects.train_command(evaluation), subjects.evaluate_command(evaluation, [])
    words = [word for command in commands for word in shlex.split(command)]
    places = ("--workdir", "--pretrained", *(("--data",) if "weighted" in str(words) else ()))
    return [word for word in words if word.startswith(places)]


def test_temperatures_are_read_in_order():
    assert temperatures.read(["1.3", "0.7", "1", "1.0"]) == [0.7, 1.0, 1.3]
    assert temperatures.read([]) == []


@pytest.mark.parametrize(
    "texts", [["a"], ["1e-40"], ["-1"], ["inf"], ["nan"], list("1234567890") * 2]
)
def test_other_temperatures_are_refused(texts):
    texts = [f"{number}.{t}" for number, t in enumerate(texts)] if len(texts) > 1 else texts
    with pytest.raises(SpecError, match="temperatures="):
        temperatures.read(texts)


def test_a_path_that_cannot_be_written_is_told(tmp_path):
    assert report.writable(tmp_path / "new.html") == tmp_path / "new.html"
    for path in (tmp_path, tmp_path / "none" / "new.html"):
        with pytest.raises(ZooError, match="Cannot write"):
            report.writable(path)


def test_a_run_folder_that_cannot_be_written_is_to_be_copied(tmp_path, monkeypatch):
    run = types.SimpleNamespace(folder=RunFolder(tmp_path))
    monkeypatch.setattr(loading, "load", lambda *_: run)

    def refuse(dir):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(ZooError, match=r"metrics.json \(Read-only.*copy as --workdir"):
        runs.load([str(tmp_path)], None, None)
    with pytest.raises(ZooError, match=r"Give another file with --report"):
        report.writable(tmp_path / "page.html")
