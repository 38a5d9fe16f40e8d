"""The program that does faults: its kills are where it says, and its table is what it measured."""

import json
import os
import random
import signal
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.faults import __main__ as program
from benchmarks.faults import kills, runs, table, watching
from zoo import spec

CHANGES = """
import os, pathlib, sys
folder = pathlib.Path(sys.argv[1])
(folder / "a").write_text("x")
os.rename(folder / "a", folder / "b")
pathlib.Path(sys.argv[2]).write_text("elsewhere")
(folder / "c").mkdir()
(folder / "b").read_text()
(folder / "b").unlink()
"""
NAMES = ["openat", "write", "rename", "mkdir", "unlink"]
LEFT = [set(), {"a"}, {"a"}, {"b"}, {"b", "c"}]  # before each of them


class Started(subprocess.Popen):
    """A program in a process of its own."""

    def __init__(self, *arguments):
        super().__init__([sys.executable, *map(str, arguments)], cwd=table.PAGE.parents[1])


@pytest.mark.skipif(bool(watching.why_not()), reason=watching.why_not())
@pytest.mark.parametrize("number", [None, *range(len(NAMES) + 1)])
def test_a_program_is_killed_right_before_an_operation(tmp_path, number):
    folder, script = tmp_path / "watched", tmp_path / "changes.py"
    folder.mkdir()
    script.write_text(CHANGES)
    ended, found = watching.run(
        lambda *first: Started(*first, script, folder, tmp_path / "d"), [folder], number
    )
    if number is None or number == len(NAMES):
        assert ended.returncode == 0
        assert [operation.name for operation in found] == NAMES
        assert {path.name for path in folder.iterdir()} == {"c"}
    else:
        assert ended.returncode == -signal.SIGKILL
        assert [operation.name for operation in found] == NAMES[: number + 1]
        assert {path.name for path in folder.iterdir()} == LEFT[number]


@pytest.fixture(scope="module")
def place(programs, tmp_path_factory):
    return runs.Place(programs, tmp_path_factory.mktemp("faults"), dict(os.environ))


def test_a_killed_run_ends_with_the_weights_of_one_that_is_not(place):
    times, _, failures = kills.killed(place, "implicit", 1, random.Random(0))
    assert (times, failures) == (1, 0)


def test_weights_of_another_seed_are_not_equal(place):
    """So that a comparison which lets all pass is noticed."""
    one, other = place.whole("implicit"), place.fresh() / "run"
    place.finish(*place.command("implicit", other, "--seed=1"))
    assert runs.equal(runs.state(one), runs.state(one))
    assert not runs.equal(runs.state(one), runs.state(other))


def test_equal_means_every_bit():
    state = {"a": np.float32([0.0])}
    assert runs.equal(state, {"a": np.float32([0.0])})
    assert not runs.equal(state, {"a": np.float32([-0.0])})
    assert not runs.equal(state, {})


def test_every_trainer_is_killed(tmp_path):
    from zoo.runs import building
    from zoo.runs.experiment import Experiment

    trained = set()
    for flags in runs.KINDS.values():
        named = dict(flag.removeprefix("--").split("=", 1) for flag in flags)
        parts = {
            name: named[name]
            for name in ("data", "model", "objective", "init_from")
            if name in named
        }
        trained.add(building.compose(Experiment(**parts)).trainer.__name__.rpartition(".")[-1])
    assert trained == set(spec.names("trainers"))


def test_the_kills_are_spread_over_all_kinds(place):
    found = kills.faults(place, 20, seed=0)
    counts = [fault.do.args[2] for fault in found]
    assert sum(counts) == 20
    assert max(counts) - min(counts) <= 1
    assert len(found) == len(runs.KINDS)


def test_a_fault_that_fails_is_a_row_and_one_that_went_well_is_passed_over(capsys):
    def failing():
        raise RuntimeError("the run\nwas lost")

    rows = {}
    program._add(rows, "disk", runs.Fault("a fault", "nothing lost", failing))
    assert rows["a fault"]["failures"] == 1
    assert (
        "| a fault | 1 | nothing lost | **1 not as expected**; RuntimeError: the run was lost |"
        in (capsys.readouterr().out)
    )
    program._add(rows, "disk", runs.Fault("a fault", "nothing lost", lambda: (1, "fine", 0)))
    assert (rows["a fault"]["failures"], rows["a fault"]["result"]) == (0, "fine")
    program._add(rows, "disk", runs.Fault("a fault", "nothing lost", failing))
    assert rows["a fault"]["failures"] == 0
    program._add(rows, "disk", runs.Fault("another", "nothing lost", lambda: "no root"))
    assert (rows["another"]["times"], rows["another"]["result"]) == (0, "not done: no root")


def test_the_page_has_the_table_of_what_was_measured():
    record = json.loads(program.OUTPUT.read_text(encoding="utf-8"))
    page = table.PAGE.read_text(encoding="utf-8")
    assert table.of(record) in page
    assert "not as expected" not in page
