"""A version is whole or not there, and what was there stays as it was."""

import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import filelock
import pytest
import tensorflow as tf

import export
from export import checking, warmup
from export.errors import ExportError
from export.servable import Servable
from export.versions import new_version, versions
from zoo.errors import RunFolderError

ROOT = pathlib.Path(__file__).parents[2]


def write(folder, version=None, content="new"):
    """Makes a version with one small file, or fails at it by an exception as content."""
    with new_version(folder, version) as (unfinished, path):
        (unfinished / "variables").mkdir(parents=True)
        if isinstance(content, BaseException):
            raise content
        (unfinished / "variables" / "data").write_text(content)
    return path


def listed(folder):
    """What stands in a folder, apart from the lock."""
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def state(folder):
    """The names and contents of all files."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_versions_rise_from_one(tmp_path):
    assert [write(tmp_path / "m").name for _ in range(11)] == [str(n) for n in range(1, 12)]
    assert versions(tmp_path / "m") == list(range(1, 12))


def test_the_next_version_stands_above_the_highest_number(tmp_path):
    write(tmp_path, "1700000000")
    (tmp_path / "1700000005.old").mkdir()
    (tmp_path / "1800000000").write_text("no folder")
    assert write(tmp_path).name == "1700000001"


def test_a_version_is_not_there_before_it_is_whole(tmp_path):
    with new_version(tmp_path, None) as (unfinished, path):
        unfinished.mkdir()
        assert not path.exists()
        assert versions(tmp_path) == []
        assert not unfinished.name.isdigit()
    assert path.is_dir()
    assert listed(tmp_path) == ["1"]


def test_a_version_is_on_the_disk_before_it_is_there(tmp_path, monkeypatch):
    synced, sync = set(), os.fsync

    def recording_sync(descriptor):
        if not versions(tmp_path):
            synced.add(os.fstat(descriptor).st_ino)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", recording_sync)
    path = write(tmp_path)
    assert synced == {part.stat().st_ino for part in (path, *path.rglob("*"))}


def test_a_version_that_fails_is_not_there_at_all(tmp_path):
    write(tmp_path, content="old")
    before = state(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, content=KeyboardInterrupt())
    assert state(tmp_path) == before
    assert listed(tmp_path) == ["1"]


@pytest.mark.parametrize("version", ["v2", "-1", "", "1.5", "٣", str(2**63)])
def test_a_version_that_is_no_number_is_refused(tmp_path, version):
    write(tmp_path)
    with pytest.raises(ExportError, match=r"give a whole number, such as 2, or none"):
        write(tmp_path, version)
    assert listed(tmp_path) == ["1"]


@pytest.mark.parametrize("version", ["7", "007", 7])
def test_a_version_that_is_there_is_not_written_again(tmp_path, version):
    write(tmp_path, "7", "old")
    before = state(tmp_path)
    with pytest.raises(ExportError, match=r"has a version 7 already.*such as 8"):
        write(tmp_path, version)
    assert state(tmp_path) == before


def test_a_folder_that_cannot_be_is_explained(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match=r"Cannot write to .*file/names \(Not a directory\)"):
        write(tmp_path / "file" / "names")


def test_a_full_disk_is_explained(tmp_path):
    full = tf.errors.ResourceExhaustedError(None, None, "x; No space left on device")
    with pytest.raises(ExportError, match=r"No space left.*what was served is untouched"):
        write(tmp_path, content=full)
    assert listed(tmp_path) == []


def test_two_exports_at_once_are_refused(tmp_path):
    busy = pytest.raises(ExportError, match=r"Another process is exporting to")
    with filelock.FileLock(tmp_path / ".lock"), busy:
        write(tmp_path)


@pytest.mark.parametrize("name", ["", "a b", "../names", "a/b", ".hidden", "naïve", "a\n"])
def test_a_name_that_cannot_stand_in_an_address_is_refused(tmp_path, name):
    with pytest.raises(ExportError, match=r"cannot stand in an address"):
        export.export(tmp_path, tmp_path, name)


def test_an_empty_run_folder_is_refused(tmp_path):
    with pytest.raises(RunFolderError, match=r"is not a run folder"):
        export.export(tmp_path, tmp_path / "served", "names")
    assert not (tmp_path / "served").exists()


def test_an_export_that_answers_otherwise_is_thrown_away(names_run, tmp_path, monkeypatch):
    write(tmp_path / "names", content="old")
    before = state(tmp_path)
    save = Servable.save

    def save_other_weights(servable, folder):
        (*_, bias) = servable.variables
        right = bias.numpy()
        bias.assign(right[::-1])
        save(servable, folder)
        bias.assign(right)

    monkeypatch.setattr(Servable, "save", save_other_weights)
    with pytest.raises(ExportError, match=r"score answers another log_prob.*") as raised:
        export.export(names_run, tmp_path, "names")
    assert "what was served is untouched" in str(raised.value)
    assert state(tmp_path) == before
    assert listed(tmp_path / "names") == ["1"]


def test_another_run_under_a_used_name_is_refused(names_run, tmp_path):
    served = tmp_path / "served"
    first = export.export(names_run, served, "names")
    record = json.loads((first / "assets.extra" / "metadata.json").read_text())
    assert record["run"]["folder"] == str(names_run.folder.path)
    assert record["run"]["model"] == "lstm(units=16, layers=1)"
    assert record["run"]["step"] == 5

    shutil.copytree(names_run.folder.path, tmp_path / "other")
    with pytest.raises(ExportError, match=r"names/1 is of the run .*, not of .*other"):
        export.export(tmp_path / "other", served, "names")
    assert versions(served / "names") == [1]
    assert export.export(names_run, served, "names").name == "2"
    assert export.export(tmp_path / "other", served, "names", another_run=True).name == "3"
    with pytest.raises(ExportError, match="--another_run"):
        export.export(names_run, served, "names")


def test_any_folder_can_be_exported_to_and_used_from(names_run, tmp_path):
    path = export.export(names_run, tmp_path / "[1] a*b?", "names")
    assert path == tmp_path / "[1] a*b?" / "names" / "1"
    used = subprocess.run(
        [sys.executable, "examples/use_export.py", str(path.parent), "--count=2"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert used.returncode == 0, used.stderr
    assert checking.differences(str(path)) == []


@pytest.fixture
def exporting(digits_run, programs, tmp_path):
    """Starts a process that exports a run."""
    flags = [f"--workdir={digits_run.folder.path}", f"--output={tmp_path}", "--name=digits"]
    return lambda: programs.start("-m", "export", *flags)


def is_whole(version):
    """Whether TensorFlow could load a version and warm it up."""
    parts = ("saved_model.pb", "variables/variables.index", str(warmup.FILE))
    return all((version / part).is_file() for part in parts)


def kill_when(path, program, folder):
    """Kills a process once `path` is there; no version of `folder` may be seen before."""
    deadline = time.monotonic() + 120
    while not path.exists():
        assert program.poll() is None, program.stderr
        assert time.monotonic() < deadline
        assert versions(folder) == [1]
        time.sleep(0.002)
    program.send_signal(signal.SIGKILL)
    assert program.wait() == -signal.SIGKILL


def test_a_killed_export_leaves_what_was_served(exporting, tmp_path):
    folder = tmp_path / "digits"
    write(folder, content="old")
    old = state(folder / "1")
    for moment in ("variables", warmup.FILE):  # while it is written, and while it is checked
        kill_when(folder / ".unfinished" / moment, exporting(), folder)
        assert versions(folder) == [1]
        assert state(folder / "1") == old
        assert (folder / ".unfinished").exists()

    program = exporting()
    while program.poll() is None:
        assert all(is_whole(folder / str(number)) for number in versions(folder) if number > 1)
        time.sleep(0.002)
    assert program.returncode == 0, program.stderr
    assert f"{folder / '2'} answers as the run does" in program.stdout
    assert is_whole(folder / "2")
    assert state(folder / "1") == old
    beside = ["README.md", "batching.config", "docker-compose.yml", "kubernetes.yaml"]
    beside += ["models.config", "monitoring.config"]
    assert listed(folder) == [".generated.json", "1", "2", *beside]


def test_a_mistake_is_answered_in_a_sentence(programs, tmp_path):
    program = programs.run("-m", "export", f"--workdir={tmp_path}", "--output=x", "--name=x")
    assert program.returncode == 1
    assert program.stderr.strip().splitlines()[-1].startswith(f"Error: {tmp_path} is not a run")
    assert "Traceback" not in program.stderr
