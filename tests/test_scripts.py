"""The scripts as a user types them: wrong input is answered in a sentence, with status 1."""

import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import pytest

from zoo.commands import train
from zoo.runs.experiment import Experiment

ROOT = pathlib.Path(__file__).parent.parent
DATA = ["--data=surnames", "--model=lstm", "--objective=maximum_likelihood", "--steps=1"]
RUN = ["--steps=2", "--batch_size=4", "--data=surnames", "--model=lstm(units=4)"]
RUN += ["--objective=maximum_likelihood"]


@pytest.fixture(scope="module")
def run(programs):
    """Runs a script to its end."""
    return programs.run


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    """A run folder that was trained by a process started for it alone."""
    path = tmp_path_factory.mktemp("scripts") / "run"
    command = [sys.executable, "train.py", *RUN, f"--workdir={path}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"{path} holds 2 steps of training" in done.stdout
    return path


def test_sampling_prints_or_writes(workdir, tmp_path, run):
    printed = run("sample.py", f"--workdir={workdir}", "--count=3", "--prompt=Mac")
    assert [line[:3] for line in printed.stdout.splitlines()] == ["Mac"] * 3
    output = tmp_path / "names.txt"
    run("sample.py", f"--workdir={workdir}", "--count=3", "--prompt=Mac", f"--output={output}")
    assert output.read_text() == printed.stdout


def test_a_tilde_in_a_path_is_the_home_folder(workdir, tmp_path, run):
    home = os.environ | {"HOME": str(tmp_path)}
    shutil.copytree(workdir, tmp_path / "run")
    run("sample.py", "--workdir=~/run", "--count=3", "--output=~/names.txt", env=home)
    assert len((tmp_path / "names.txt").read_text().splitlines()) == 3
    run("-m", "export", "--workdir=~/run", "--output=~/served", "--name=names", env=home)
    assert (tmp_path / "served" / "names" / "1").is_dir()


def test_a_run_folder_may_have_any_name(tmp_path, run):
    path = tmp_path / "[1] a*b?"
    assert run("train.py", *RUN, f"--workdir={path}").returncode == 0
    again = run("train.py", *RUN, "--steps=3", "--sample_every=1", f"--workdir={path}")
    assert "holds 2 steps already" in again.stdout
    assert (path / "samples" / "step_00000003.txt").is_file()
    assert list((path / "logs").glob("events*"))
    drawn = run("sample.py", f"--workdir={path}", "--count=3")
    assert len(drawn.stdout.splitlines()) == 3, drawn.stderr


def test_evaluating_prints_a_table_and_writes_it_and_a_page(workdir, run):
    flags = ["--splits=test", "--metrics=nll,distinct", "--count=50"]
    done = run("evaluate.py", f"--workdir={workdir}", *flags)
    assert done.returncode == 0, done.stderr
    assert "nll on test ..." in done.stdout
    assert "nats per character" in done.stdout
    for name in ("metrics.json", "report.html"):
        assert f"Wrote {workdir / name}" in done.stdout
        assert (workdir / name).is_file()


def wrong_inputs():
    """The rows of the table in BUILD_NOTES.md: what is wrong, the command, the answer."""
    notes = (ROOT / "BUILD_NOTES.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| `([^`]+)` \| ([^|]+) \|$", notes, flags=re.MULTILINE)
    return [pytest.param(command, answer, id=what) for what, command, answer in rows]


@pytest.fixture(scope="module")
def place(workdir, tmp_path_factory, run):
    """The folder TMP of the table."""
    folder = tmp_path_factory.mktemp("wrong")
    (folder / "empty.txt").write_text("")
    (folder / "latin.txt").write_bytes("Zoë\n".encode("latin-1") * 50)
    done = run("train.py", *DATA, "--batch_size=4", f"--workdir={folder / 'run'}")
    assert done.returncode == 0, done.stderr
    shutil.copytree(
        folder / "run", folder / "begun", ignore=shutil.ignore_patterns("ckpt*", "check*")
    )
    return folder


@pytest.mark.parametrize(("command", "answer"), wrong_inputs())
def test_wrong_input_is_answered_in_a_sentence(command, answer, place, run):
    words = command.replace("TMP", str(place)).split()
    arguments = [a for word in words for a in (DATA if word == "DATA" else [word])]
    begin = time.monotonic()
    done = run(*arguments)
    assert answer.replace("TMP", str(place)) in done.stderr
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert not (place / "new").exists()
    assert time.monotonic() - begin < 60  # most of it TensorFlow's import, on a busy machine


def test_the_table_of_wrong_inputs_is_read():
    assert len(wrong_inputs()) > 15


def test_missing_flags_and_stray_words_are_told(tmp_path, run):
    assert "--workdir" in run("train.py", *RUN).stderr
    assert run("train.py", *RUN, f"--workdir={tmp_path}", "stray").returncode != 0
    assert run("sample.py", "--workdir=/nowhere").returncode == 1


def test_help_teaches(run):
    text = run("train.py", "--help").stdout
    for word in ("mnist_5k", "lstm", "generalised_js", "--flagfile", "continues the run"):
        assert word in text
    assert "python train.py --data=surnames" in text
    assert "zoo train --data=surnames" in run("-m", "zoo", "train", "--help").stdout


@pytest.mark.parametrize("command", ["train", "sample", "evaluate", "export", "film", "publish"])
def test_help_lists_every_flag_that_its_examples_give(command, run):
    described, _, flags = run("-m", "zoo", command, "--help").stdout.partition("\nflags:")
    examples = "".join(re.findall(r"^  .*", described, re.MULTILINE))
    given = set(re.findall(r"--(\w+)", examples)) - {"flagfile"}  # of every program of absl
    listed = re.findall(r"^  --(?:\[no\])?(\w+):", flags, re.MULTILINE)
    assert {"workdir"} <= given <= set(listed)


def test_every_flag_of_an_experiment_has_its_help():
    texts = train.help_of_fields(Experiment)
    assert texts.keys() == {field.name for field in dataclasses.fields(Experiment)}
    assert texts["clip_norm"] == "The largest global norm of the gradients; 0: no clipping."


def test_the_zoo_command_lists_its_commands(run):
    text = run("-m", "zoo", "--help").stdout
    for word in ("train", "sample", "evaluate", "export"):
        assert re.search(rf"^  {word} +[A-Z]", text, re.MULTILINE)
        assert f"  zoo {word} --" in text
    assert run("-m", "zoo").returncode == 1
    answered = run("-m", "zoo", "serve")
    assert answered.returncode == 1
    names = "evaluate, export, film, list, publish, sample, show, train"
    assert f"There is no command 'serve'. Known: {names}." in answered.stderr


def test_pretrained_models_are_listed_and_shown(run):
    listed = run("-m", "zoo", "list").stdout
    assert re.search(r"^surnames_lstm +A character LSTM on US surnames", listed, re.MULTILINE)
    assert run("-m", "zoo", "show", "surnames_lstm").stdout.startswith("# surnames_lstm")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_has_seen_enough_is_no_error(unbuffered):
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "zoo", "show", "surnames_lstm"]
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=writing, stderr=subprocess.PIPE, text=True
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


def test_facts_are_refused_before_anything_is_loaded(tmp_path, run):
    facts = tmp_path / "facts.json"
    facts.write_text("{}")
    command = ["-m", "zoo", "publish", "--workdir=/nowhere", f"--facts={facts}"]
    answered = run(*command, f"--output={tmp_path}")
    assert f"Error: {facts} should be a JSON object with name, summary" in answered.stderr
    assert answered.returncode == 1


def test_the_zoo_command_starts_the_same_commands(workdir, run):
    drawn = run("-m", "zoo", "sample", f"--workdir={workdir}", "--count=3", "--prompt=Mac")
    assert (
        drawn.stdout == run("sample.py", f"--workdir={workdir}", "--count=3", "--prompt=Mac").stdout
    )
    again = run("-m", "zoo", "train", *RUN, f"--workdir={workdir}")
    assert f"zoo sample --workdir={workdir}" in again.stdout


def test_flagfiles_of_the_experiments_are_well_formed(tmp_path, run):
    """Each goes as far as its data, on a machine that may not have it."""
    for path in sorted((ROOT / "experiments").glob("*.flags")):
        done = run("train.py", f"--flagfile={path}", f"--workdir={tmp_path}", "--strategy=nothing")
        assert "strategy='nothing' is unknown" in done.stderr, path
