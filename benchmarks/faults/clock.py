"""Jumps of the clock, by libfaketime (Debian's package faketime)."""

import os
import pathlib

from benchmarks import processes
from benchmarks.faults import runs
from zoo.runs.loading import load

_LIBRARIES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib/faketime/libfaketimeMT.so.1")
_KIND, _STEP = "likelihood, --keep_best", 5
_JUMPS = {"ten years ahead": "+10y", "ten years back": "-10y"}


def faults(place: runs.Place) -> list[runs.Fault]:
    """Jumps in both directions."""
    return [
        runs.Fault(
            f"the clock jumps {words} in the middle of training, and back before more steps",
            "the run ends with the weights of an undisturbed run, bit for bit, and keeps two "
            "checkpoints",
            lambda offset=offset: _jump(place, offset),
        )
        for words, offset in _JUMPS.items()
    ]


def _jump(place, offset):
    """Jumps in a run, stops it, and goes on by the true time: that is a jump back."""
    libraries = [path for pattern in _LIBRARIES for path in pathlib.Path("/").glob(pattern[1:])]
    if not libraries:
        return "Debian's package faketime is not installed"
    folder = place.fresh()
    clock, workdir = folder / "clock", folder / "run"
    clock.write_text("+0\n")
    faked = {
        "LD_PRELOAD": str(libraries[0]),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # a clock that is set leaves the monotonic one
    }
    (folder / "programs").mkdir()
    programs = processes.Programs(folder / "programs", os.environ | faked)
    try:
        program = programs.start(*place.command(_KIND, workdir), env=place.environment | faked)
        runs.wait_for_step(program, workdir, _STEP)
        clock.write_text(f"{offset}\n")
        program.wait()
    finally:
        programs.close()
    equal = program.returncode == 0 and runs.equal(
        runs.state(workdir), runs.state(place.whole(_KIND))
    )
    kept = len(list((workdir / "checkpoints").glob("*.index")))
    place.finish(*place.command(_KIND, workdir, f"--steps={runs.STEPS + 3}"))
    after = len(list((workdir / "checkpoints").glob("*.index")))
    right = equal and kept == 2 and after == 2 and load(str(workdir), checkpoint="best").step > 0
    result = f"bit-equal: {'yes' if equal else 'no'}; kept {kept} checkpoints, and then {after}"
    return 1, result, int(not right)
