"""Kills and signals to one of two workers on loopback."""

import functools
import random
import signal
import time

from benchmarks.faults import runs
from benchmarks.processes import tf_configs

_FLAGS = [
    *("train.py", "--data=surnames", "--model=lstm(units=8, layers=1, dropout=0.3)"),
    *("--objective=maximum_likelihood", "--strategy=multi_worker", "--batch_size=8"),
    *("--average_decay=0.5", "--checkpoint_every=1", "--sample_every=0"),
]
_TIMES = 3  # each worker
_NAMES = ("the chief", "the second worker")
_EQUAL = "a restart of both ends with the weights of an undisturbed run, bit for bit"


def faults(place: runs.Place, seed: int) -> list[runs.Fault]:
    """Kills and SIGTERM, of the chief and of the other worker."""
    moments = random.Random(f"{seed} workers")
    undisturbed = functools.cache(lambda: _undisturbed(place))
    killed = [
        runs.Fault(
            f"`kill -9` of {name} of two at a random moment",
            f"the other says that it is gone and ends with status 1; {_EQUAL}",
            lambda index=index: _killed(place, index, moments, undisturbed()),
        )
        for index, name in enumerate(_NAMES)
    ]
    stopped = [
        runs.Fault(
            f"SIGTERM to {name} of two",
            f"both save at the same step and end with status 130; {_EQUAL}",
            lambda index=index: _stopped(place, index, moments, undisturbed()),
        )
        for index, name in enumerate(_NAMES)
    ]
    return killed + stopped


def _undisturbed(place):
    """The weights of both workers' run without a fault."""
    workdir = place.fresh() / "run"
    ended(started(place, workdir), [0, 0])
    return runs.state(workdir)


def started(place: runs.Place, workdir) -> list:
    """Both workers of a run, started."""
    workers = []
    for task in tf_configs(2):
        environment = place.environment | {"TF_CONFIG": task}
        flags = [*_FLAGS, f"--workdir={workdir}", f"--steps={runs.STEPS}"]
        workers.append(place.programs.start(*flags, env=environment))
    return workers


def ended(workers: list, expected: list[int]) -> None:
    """Waits for both workers; raises RuntimeError unless they end with these statuses."""
    found = [worker.wait() for worker in workers]
    if found != expected:
        raise RuntimeError(f"{found} is not {expected}: {[w.stderr[-1500:] for w in workers]}")


def _killed(place, index, moments, expected):
    equal, told = 0, 0
    for _ in range(_TIMES):
        workdir = place.fresh() / "run"
        workers = started(place, workdir)
        runs.wait_for_step(workers[0], workdir, moments.randrange(1, runs.STEPS - 2))
        time.sleep(moments.uniform(0, 0.02))
        workers[index].send_signal(signal.SIGKILL)
        statuses = [worker.wait() for worker in workers]
        other = workers[1 - index]
        told += statuses[1 - index] == 1 and "Another worker of the run is gone" in other.stderr
        ended(started(place, workdir), [0, 0])
        equal += runs.equal(runs.state(workdir), expected)
    result = f"told {told} times, ended bit-equal {equal} times"
    return _TIMES, result, 2 * _TIMES - told - equal


def _stopped(place, index, moments, expected):
    equal, saved = 0, 0
    for _ in range(_TIMES):
        workdir = place.fresh() / "run"
        workers = started(place, workdir)
        runs.wait_for_step(workers[0], workdir, moments.randrange(1, runs.STEPS - 6))
        workers[index].send_signal(signal.SIGTERM)
        statuses = [worker.wait() for worker in workers]
        line = f"saved at step {runs.latest(workdir)} of {runs.STEPS}"
        saved += statuses == [130, 130] and all(line in worker.stderr for worker in workers)
        ended(started(place, workdir), [0, 0])
        equal += runs.equal(runs.state(workdir), expected)
    result = f"saved at the same step {saved} times, ended bit-equal {equal} times"
    return _TIMES, result, 2 * _TIMES - saved - equal
