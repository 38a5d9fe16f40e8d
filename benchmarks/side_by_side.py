"""Times the same tasks in two libraries, in alternation.

Since a machine's speed drifts, tasks are timed one after the other, round after round, each library
in its own process that waits while the other one works. Comparisons are ratios within a round.

Taking turns is not enough on a machine that others use: where a thread has to wait for a core, all
threads of a library that hands out equal shares wait for it. The processor time of one thread is
what can be compared there.
"""

import contextlib
import importlib
import multiprocessing
import statistics
import time
from collections.abc import Iterator, Sequence

LIBRARIES = ("zoo", "torch")
CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}
Times = dict[str, list[float]]  # seconds of every round, by names such as "zoo with XLA: sampling"


def measure(
    program: str, cases: list, threads: int, rounds: int, clock: str = "wall"
) -> Iterator[Times]:
    """Times all tasks of each case.

    Args:
        program: the modules benchmarks.PROGRAM_zoo and benchmarks.PROGRAM_torch each have
            `set_threads(threads)`, and `works(case)`: functions by name.
        cases: what `works` take.
        threads: of each library.
        rounds: at least 2, for quartiles.
        clock: one of CLOCKS.

    Yields:
        the seconds of a case's tasks, tasks that are compared next to each other.
    """
    with _libraries(program, threads, clock) as connections:
        for case in cases:
            yield _measure(case, connections, rounds)


def quartiles(numerators: Sequence[float], denominators: Sequence[float]) -> list[float]:
    """Lower quartile, median and upper quartile of the rounds' ratios."""
    ratios = [a / b for a, b in zip(numerators, denominators, strict=True)]
    return statistics.quantiles(ratios, n=4)


def ratio(low: float, middle: float, high: float) -> str:
    """Formats quartiles."""
    return f"{middle:.2f} ({low:.2f}-{high:.2f})"


def row(*content: str) -> str:
    """Formats a row of a Markdown table."""
    return f"| {' | '.join(content)} |"


@contextlib.contextmanager
def _libraries(program, threads, clock):
    """Starts the two processes; yields a connection to each."""
    context, ours, processes = multiprocessing.get_context("spawn"), [], []
    for library in LIBRARIES:
        connection, theirs = context.Pipe()
        ours.append(connection)
        worker = (f"benchmarks.{program}_{library}", threads, clock, theirs)
        processes.append(context.Process(target=_serve, args=worker, daemon=True))
        processes[-1].start()
        theirs.close()  # so that a process that fails is noticed
    try:
        yield ours
    finally:
        for process in processes:
            process.terminate()


def _measure(case, connections, rounds):
    for connection in connections:
        connection.send(("make", case))
    names = [(connection, name) for connection in connections for name in connection.recv()]
    names.sort(key=lambda pair: pair[1].split(": ")[1])
    times = {name: [] for _, name in names}
    for _ in range(rounds):
        for connection, name in names:
            connection.send(("time", name))
            times[name].append(connection.recv())
    return times


def _serve(module, threads, clock, connection):
    """Builds and times tasks on request."""
    module = importlib.import_module(module)
    module.set_threads(threads)
    works, now = {}, CLOCKS[clock]
    while True:
        task, asked = connection.recv()
        if task == "make":
            works = module.works(asked)
            for work in [*works.values()] * 3:  # tracing, compiling, first allocations
                work()
            connection.send(list(works))
        else:
            begin = now()
            works[asked]()
            connection.send(now() - begin)
