"""Full disks and folders that cannot be written to."""

import contextlib
import os
import random
import shutil
import subprocess

import zoo
from benchmarks.faults import runs
from benchmarks.faults.damage import told
from export.versions import versions

_KIND, _STEP, _TIMES = "likelihood, --keep_best", 6, 4
_SIZE = 16 * 2**20  # bytes of the small file system
_PAGE = 4096
_ROOM = 48 * 2**10  # less than the files of ten steps


def faults(place: runs.Place, seed: int) -> list[runs.Fault]:
    """Full disks, then read-only folders."""
    left = random.Random(f"{seed} disk")
    found = (
        ("the disk full in the middle of training, with a random room of at most "
         f"{_ROOM // 2**10} KiB left",
         "a sentence, and a checkpoint is whole; with room made the same command ends with the "
         "weights of an undisturbed run, bit for bit", lambda: _full_in_training(place, left)),
        ("the disk full before a run begins",
         "refused in a sentence; with room made the same command ends bit-equal",
         lambda: _full_at_first(place)),
        ("the disk full in an export, with a random room left",
         "a sentence, the versions before it untouched and no other there; with room made it "
         "exports", lambda: _full_in_export(place, left)),
        ("a read-only run folder",
         "training says so in a sentence, loading it and exporting it to elsewhere work; writable "
         "again, it ends bit-equal", lambda: _read_only(place)),
        ("a read-only folder of exports",
         "a sentence, the version before it untouched; writable again, it exports",
         lambda: _read_only_exports(place)),
    )  # fmt: skip
    return [
        runs.Fault(name, expected, lambda do=do: _why_not() or do()) for name, expected, do in found
    ]


def _why_not():
    if os.geteuid() == 0 and shutil.which("mount") is not None:
        return ""
    return "a small file system is mounted by root alone"


@contextlib.contextmanager
def _mounted(place):
    """A small file system of its own."""
    folder = place.fresh()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def _read_only_again(folder, option):
    subprocess.run(["mount", "-o", f"remount,{option}", folder], check=True)


def _fill(folder, room):
    """Leaves a room of some bytes; returns the file that has all other."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(_PAGE))
    os.truncate(path, path.stat().st_size // _PAGE * _PAGE - room // _PAGE * _PAGE)
    return path


def _full_in_training(place, left):
    stopped, loaded, equal = 0, 0, 0
    for _ in range(_TIMES):
        with _mounted(place) as folder:
            workdir = folder / "run"
            shutil.copytree(place.begun(_KIND, _STEP), workdir)
            filler = _fill(folder, left.randrange(_ROOM))
            ended = place.ended(*place.command(_KIND, workdir))
            stopped += ended.returncode == 1 and told(ended)
            zoo.load(str(workdir), checkpoint="best")
            loaded += zoo.load(str(workdir), checkpoint="latest").step >= _STEP
            filler.unlink()
            equal += place.finished_equal(_KIND, workdir)
    result = f"a sentence {stopped} times, loaded {loaded} times, ended bit-equal {equal} times"
    return _TIMES, result, 3 * _TIMES - stopped - loaded - equal


def _full_at_first(place):
    with _mounted(place) as folder:
        filler = _fill(folder, 0)
        ended = place.ended(*place.command(_KIND, folder / "run"))
        stopped = ended.returncode == 1 and told(ended)
        filler.unlink()
        equal = place.finished_equal(_KIND, folder / "run")
    return (
        1,
        f"refused {int(stopped)} times, ended bit-equal {int(equal)} times",
        2 - stopped - equal,
    )


def _exporting(run, served):
    return ["-m", "export", f"--workdir={run}", "--name=points", f"--output={served}"]


def _full_in_export(place, left):
    run = place.begun("implicit", _STEP)
    stopped, there, again = 0, 0, 0
    with _mounted(place) as folder:
        command = _exporting(run, folder)
        place.finish(*command)
        size = sum(path.stat().st_blocks * 512 for path in (folder / "points" / "1").rglob("*"))
        for number in range(_TIMES):
            filler = _fill(folder, left.randrange(size))
            ended = place.ended(*command)
            stopped += ended.returncode == 1 and told(ended)
            there += versions(folder / "points") == list(range(1, number + 2))
            filler.unlink()
            place.finish(*command)
            again += versions(folder / "points") == list(range(1, number + 3))
    result = f"a sentence {stopped} times, untouched {there} times, exported then {again} times"
    return _TIMES, result, 3 * _TIMES - stopped - there - again


def _read_only(place):
    with _mounted(place) as folder:
        workdir, served = folder / "run", place.fresh()
        shutil.copytree(place.begun(_KIND, _STEP), workdir)
        _read_only_again(folder, "ro")
        ended = place.ended(*place.command(_KIND, workdir))
        stopped = ended.returncode == 1 and told(ended)
        loaded = zoo.load(str(workdir), checkpoint="latest").step == _STEP
        exported = place.ended(*_exporting(workdir, served)).returncode == 0
        _read_only_again(folder, "rw")
        equal = place.finished_equal(_KIND, workdir)
    right = stopped, loaded, exported, equal
    result = "a sentence {}, loaded {}, exported {}, ended bit-equal {}"
    return 1, result.format(*("yes" if each else "no" for each in right)), 4 - sum(right)


def _read_only_exports(place):
    run = place.begun("implicit", _STEP)
    with _mounted(place) as folder:
        command = _exporting(run, folder)
        place.finish(*command)
        _read_only_again(folder, "ro")
        ended = place.ended(*command)
        stopped = ended.returncode == 1 and told(ended)
        there = versions(folder / "points") == [1]
        _read_only_again(folder, "rw")
        place.finish(*command)
        again = versions(folder / "points") == [1, 2]
    right = stopped, there, again
    result = "a sentence {}, untouched {}, exported then {}"
    return 1, result.format(*("yes" if each else "no" for each in right)), 3 - sum(right)
