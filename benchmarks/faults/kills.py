"""Kills of runs by every trainer with -9 at random moments."""

import functools
import random
import signal
import time

from benchmarks.faults import runs

_CHAIN = 5  # kills of one run, each of which is followed by a start


def faults(place: runs.Place, total: int, seed: int) -> list[runs.Fault]:
    """The kills of each kind of run; `total` of them are spread over the kinds."""
    counts = [
        total // len(runs.KINDS) + (n < total % len(runs.KINDS)) for n in range(len(runs.KINDS))
    ]
    return [
        runs.Fault(
            f"`kill -9` at a random moment: {kind}",
            "repeating the command ends with the weights of an undisturbed run, bit for bit",
            functools.partial(killed, place, kind, count, random.Random(f"{seed} {kind}")),
        )
        for kind, count in zip(runs.KINDS, counts, strict=True)
    ]


def killed(
    place: runs.Place, kind: str, count: int, moments: random.Random
) -> tuple[int, str, int]:
    """Kills runs of a kind, each up to five times, lets them end and compares their weights."""
    kills, starting, writing, different, chains = 0, 0, 0, 0, 0
    while kills < count:
        workdir = place.fresh() / "run"
        for step in sorted(moments.choices(range(runs.STEPS), k=min(_CHAIN, count - kills))):
            done, early, torn = _kill(place, kind, workdir, step, moments)
            kills, starting, writing = kills + done, starting + early, writing + torn
        different += not place.finished_equal(kind, workdir)
        chains += 1
    result = (
        f"{chains - different} of {chains} runs of up to {_CHAIN} kills did; {starting} kills came "
        f"before a first new step, {writing} left a file half written"
    )
    return kills, result, different


def _kill(place, kind, workdir, step, moments):
    """Kills a run at about a step; at its start if it has made that step before."""
    reached = runs.latest(workdir) if workdir.is_dir() else 0
    program = place.start(*place.command(kind, workdir))
    if step > reached:
        runs.wait_for_step(program, workdir, step)
        time.sleep(moments.uniform(0, 0.05))
    else:
        time.sleep(moments.uniform(0, 3))
    if program.poll() is None:
        program.send_signal(signal.SIGKILL)
    killed = program.wait() == -signal.SIGKILL
    now = runs.latest(workdir) if workdir.is_dir() else 0
    torn = any(workdir.rglob("*_temp")) or any(workdir.rglob("*.new"))
    torn = torn or any(_newer(workdir, now))
    return killed, killed and now == reached, killed and torn


def _newer(workdir, step):
    """Files of checkpoints that no record names yet."""
    for path in (workdir / "checkpoints").glob("ckpt-*"):
        if path.is_file() and int(path.name.partition(".")[0].removeprefix("ckpt-")) > step:
            yield path
