"""Run folders that move, and folders that two processes want."""

import shutil
import signal

import zoo
from benchmarks.faults import runs
from export.versions import versions

_KIND, _STEP, _TIMES = "scheduled sampling", 4, 2


def faults(place: runs.Place) -> list[runs.Fault]:
    """Those of one folder, then those of two processes."""
    return [
        runs.Fault(
            "a run killed and its folder moved",
            "it loads there, and ends there with the weights of an undisturbed run, bit for bit",
            lambda: _moved(place),
        ),
        runs.Fault(
            "a second process on the folder of a run that trains",
            "the second is refused in a sentence, and the first ends bit-equal",
            lambda: _second(place),
        ),
        runs.Fault(
            "two processes begin one run at the same moment",
            "one trains it and ends bit-equal; the other is refused, or finds it finished",
            lambda: _at_once(place),
        ),
        runs.Fault(
            "two processes export under one name at the same moment",
            "as many versions as exports that end with status 0; the other is refused",
            lambda: _exports_at_once(place),
        ),
    ]


def _moved(place):
    equal = 0
    for kind in ("likelihood, --keep_best", "adversarial, texts"):
        workdir = place.fresh() / "run"
        program = place.start(*place.command(kind, workdir))
        runs.wait_for_step(program, workdir, _STEP)
        program.send_signal(signal.SIGKILL)
        program.wait()
        there = place.fresh() / "elsewhere"
        shutil.move(workdir, there)
        step = runs.latest(there)
        # The kill may come between a checkpoint and the record that makes it the latest.
        loaded = zoo.load(str(there), checkpoint="latest").step == step >= _STEP - 1
        equal += loaded and place.finished_equal(kind, there)
    return 2, f"did {equal} times", 2 - equal


def _second(place):
    workdir = place.fresh() / "run"
    first = place.start(*place.command(_KIND, workdir))
    runs.wait_for_step(first, workdir, 1)
    first.send_signal(signal.SIGSTOP)  # so that it is sure to be there still
    second = place.ended(*place.command(_KIND, workdir))
    refused = second.returncode == 1 and "Another process is training" in second.stderr
    first.send_signal(signal.SIGCONT)
    equal = first.wait() == 0 and runs.equal(runs.state(workdir), runs.state(place.whole(_KIND)))
    result = f"refused: {_word(refused)}; ended bit-equal: {_word(equal)}"
    return 1, result, 2 - refused - equal


def _at_once(place):
    one, equal = 0, 0
    for _ in range(_TIMES):
        workdir = place.fresh() / "run"
        both = [place.start(*place.command(_KIND, workdir)) for _ in range(2)]
        statuses = sorted(program.wait() for program in both)
        one += statuses in ([0, 1], [0, 0])  # 0, 0: the second came after the first had ended
        equal += runs.equal(runs.state(workdir), runs.state(place.whole(_KIND)))
    result = f"one trained {one} times, ended bit-equal {equal} times"
    return _TIMES, result, 2 * _TIMES - one - equal


def _exports_at_once(place):
    run, served = place.begun("implicit", _STEP), place.fresh()
    command = ["-m", "export", f"--workdir={run}", "--name=points", f"--output={served}"]
    right, before = 0, 0
    for _ in range(_TIMES):
        both = [place.start(*command) for _ in range(2)]
        statuses = [program.wait() for program in both]
        new = len(versions(served / "points")) - before
        before += new
        right += sorted(statuses) in ([0, 0], [0, 1]) and new == statuses.count(0)
    return _TIMES, f"did {right} times", _TIMES - right


def _word(right):
    return "yes" if right else "no"
