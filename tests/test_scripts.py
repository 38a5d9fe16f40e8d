"""The scripts as a user types them: wrong input is answered in a sentence, with status 1."""

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent
RUN = ["--steps=2", "--batch_size=4", "--data=surnames", "--model=lstm(units=4)"]
RUN += ["--objective=maximum_likelihood"]


def run(*arguments, **options):
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, **options
    )


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    path = tmp_path_factory.mktemp("scripts") / "run"
    done = run("train.py", *RUN, f"--workdir={path}")
    assert done.returncode == 0, done.stderr
    assert f"{path} holds 2 steps of training" in done.stdout
    return path


def test_sampling_prints_or_writes(workdir, tmp_path):
    printed = run("sample.py", f"--workdir={workdir}", "--count=3", "--prompt=Mac")
    assert [line[:3] for line in printed.stdout.splitlines()] == ["Mac"] * 3
    output = tmp_path / "names.txt"
    run("sample.py", f"--workdir={workdir}", "--count=3", "--prompt=Mac", f"--output={output}")
    assert output.read_text() == printed.stdout


def test_evaluating_prints_a_table_and_writes_it(workdir):
    done = run("evaluate.py", f"--workdir={workdir}", "--splits=test")
    assert done.returncode == 0, done.stderr
    assert "nats per character" in done.stdout
    assert (workdir / "metrics.json").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data=minst"], "There is no 'minst' in data. Known: "),
        (["--model=lstm(unit=3)"], "lstm takes no argument 'unit'. It is written lstm(units=256"),
        (["--model=lstm(units"], "Cannot read the spec"),
        (["--model=dcgan"], "Models for text: lstm"),
        (["--strategy=tpu"], "Known: auto, cpu, mirrored"),
        (["--workdir=/dev/null/x"], "Cannot write to the run folder"),
        (["--data=text_file(path='/nowhere.txt')"], "/nowhere.txt"),
    ],
)
def test_wrong_input_is_answered_in_a_sentence(arguments, message, tmp_path):
    done = run("train.py", *RUN, f"--workdir={tmp_path / 'run'}", *arguments)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_missing_flags_and_stray_words_are_told(tmp_path):
    assert "--workdir" in run("train.py", *RUN).stderr
    assert run("train.py", *RUN, f"--workdir={tmp_path}", "stray").returncode != 0
    assert run("sample.py", "--workdir=/nowhere").returncode == 1


def test_help_teaches():
    text = run("train.py", "--help").stdout
    for word in ("mnist_5k", "lstm", "generalised_js", "--flagfile", "continues the run"):
        assert word in text


def test_flagfiles_of_the_experiments_are_well_formed(tmp_path):
    """Each goes as far as its data, on a machine that may not have it."""
    for path in sorted((ROOT / "experiments").glob("*.flags")):
        done = run("train.py", f"--flagfile={path}", f"--workdir={tmp_path}", "--strategy=nothing")
        assert "strategy='nothing' is unknown" in done.stderr, path
