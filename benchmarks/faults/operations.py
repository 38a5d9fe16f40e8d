"""Kills with -9 before every file operation of one checkpoint, and of one export."""

import shutil

import zoo
from benchmarks.faults import runs, watching
from export import checking
from export.versions import versions

_STEP = 6
_EXPORT_AGAIN = 10


def faults(place: runs.Place) -> list[runs.Fault]:
    """Those of both."""
    return [
        runs.Fault(
            "`kill -9` before each file operation of one checkpoint",
            "the folder loads with the old or the new checkpoint, and repeating the command ends "
            "with the weights of an undisturbed run, bit for bit",
            lambda: watching.why_not() or checkpoint(place),
        ),
        runs.Fault(
            "`kill -9` before each file operation of one export",
            "the new version is whole or absent, the version before it untouched, and the same "
            f"command exports (tried after every {_EXPORT_AGAIN}th)",
            lambda: watching.why_not() or export(place),
        ),
    ]


def checkpoint(place: runs.Place, kind: str = "likelihood, --keep_best") -> tuple[int, str, int]:
    """Kills a run before each operation of the checkpoints of its step 7, the best and the latest.

    Args:
        place: where.
        kind: the kind of the run.
    """
    expected = {step: _drawn(place.begun(kind, step)) for step in (_STEP, _STEP + 1)}
    loaded, different, number, kept = 0, 0, 0, {_STEP: 0, _STEP + 1: 0}
    steps = f"--steps={_STEP + 1}"
    while True:
        workdir = place.begun(kind, _STEP)
        command = place.command(kind, workdir, steps)
        folders = [workdir / "checkpoints", workdir / "best"]
        program, found = watching.run(
            lambda *first, command=command: place.start(*first, *command), folders, number
        )
        if program.returncode == 0:
            break
        step = runs.latest(workdir)
        kept[step] += 1
        loaded += _drawn(workdir) == expected[step]
        different += not place.finished_equal(kind, workdir)
        number += 1
    result = (
        f"{loaded} loaded, {kept[_STEP]} with the old and {kept[_STEP + 1]} with the new; "
        f"{number - different} ended bit-equal. Operations: {_counted(found)}"
    )
    return number, result, number - loaded + different


def _drawn(workdir):
    """Samples of the latest checkpoint, and of the best."""
    return [zoo.load(str(workdir), checkpoint=name).samples(20) for name in ("latest", "best")]


def export(place: runs.Place) -> tuple[int, str, int]:
    """Kills an export before each of its operations, beside a version that is there."""
    run = place.begun("implicit", _STEP)
    served = place.fresh() / "served"
    command = ["-m", "export", f"--workdir={run}", "--name=points", f"--output={served}"]
    place.finish(*command)
    first = _contents(served / "points" / "1")
    original = place.fresh() / "original"
    shutil.copytree(served, original)
    number, whole, absent, again = 0, 0, 0, 0
    failures = []
    while True:
        shutil.rmtree(served)
        shutil.copytree(original, served)
        program, found = watching.run(
            lambda *first: place.start(*first, *command), [served], number
        )
        if program.returncode == 0:
            break
        there = versions(served / "points")
        right = _contents(served / "points" / "1") == first and there in ([1], [1, 2])
        if there == [1, 2]:
            whole += 1
            right = right and not checking.differences(str(served / "points" / "2"))
        absent += there == [1]
        if number % _EXPORT_AGAIN == 0:
            again += 1
            place.finish(*command)
            right = right and versions(served / "points") == [*there, there[-1] + 1]
        if not right:
            failures.append(number)
        number += 1
    result = (
        f"absent {absent} times, whole {whole} times; exported again {again} times. "
        f"Operations: {_counted(found)}"
    )
    return number, result, len(failures)


def _contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def _counted(operations):
    names = [operation.name for operation in operations]
    return ", ".join(f"{names.count(name)} {name}" for name in sorted(set(names)))
