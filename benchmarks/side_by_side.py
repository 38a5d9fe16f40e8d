"""The same works of two libraries, timed in turn.

Since a machine's speed drifts, works are timed one after the other, round after round, each library
in a process of its own that waits while the other one works. What is compared is in the rounds'
ratios.
"""

import argparse
import contextlib
import importlib
import multiprocessing
import os
import platform
import statistics
import time

LIBRARIES = ("zoo", "torch")


@contextlib.contextmanager
def libraries(program: str, threads: int):
    """The two processes, a list of connections for `measure`.

    Args:
        program: its modules PROGRAM_zoo and PROGRAM_torch each have `set_threads(threads)`, and
            `works(case)`: functions by names such as "zoo with XLA: sampling".
        threads: how many each may use.
    """
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores")
    context, ours, processes = multiprocessing.get_context("spawn"), [], []
    for library in LIBRARIES:
        connection, theirs = context.Pipe()
        ours.append(connection)
        worker = (f"{program}_{library}", threads, theirs)
        processes.append(context.Process(target=_serve, args=worker, daemon=True))
        processes[-1].start()
    yield ours
    for process in processes:
        process.terminate()


def measure(case, connections: list, seconds: float) -> dict[str, list[float]]:
    """The seconds of each work of a case, by its name, of one round after the other."""
    times = {}
    for connection in connections:
        connection.send(("make", case))
    names = [(connection, name) for connection in connections for name in connection.recv()]
    names.sort(key=lambda pair: pair[1].split(": ")[1])  # what is compared stands side by side
    end = time.monotonic() + seconds
    while len(times.get(names[0][1], [])) < 5 or time.monotonic() < end:
        for connection, name in names:
            connection.send(("time", name))
            times.setdefault(name, []).append(connection.recv())
    return times


def ratio(numerators: list[float], denominators: list[float]) -> str:
    """The median and the quartiles of the rounds' ratios, in words."""
    ratios = [a / b for a, b in zip(numerators, denominators, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return f"{middle:.2f} ({low:.2f}-{high:.2f})"


def cells(case, name: str, times: dict[str, list[float]]) -> list[str]:
    """Of one work: the case, what it is, whose, its median in ms, its speed in PyTorch's."""
    side, work = name.split(": ")
    median = f"{statistics.median(times[name]) * 1e3:.0f}"
    speed = "" if side == "torch" else ratio(times[f"torch: {work}"], times[name])
    return [str(case), work, side, median, speed]


def row(content: list[str]) -> str:
    """A line of a table in Markdown."""
    return f"| {' | '.join(content)} |"


HEADER = ["model", "what", "library", "ms", "speed, PyTorch's = 1"]


def parser(description: str, cases: dict, seconds: float) -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(description=description.splitlines()[0])
    made.add_argument("--cases", nargs="+", choices=cases, default=list(cases))
    made.add_argument("--threads", type=int, default=2)
    made.add_argument("--seconds", type=float, default=seconds, help="of rounds for each case")
    return made


def _serve(module, threads, connection):
    """Makes and times what is asked for."""
    module = importlib.import_module(module)
    module.set_threads(threads)
    works = {}
    while True:
        task, asked = connection.recv()
        if task == "make":
            works = module.works(asked)
            for work in [*works.values()] * 3:  # tracing, compiling, first allocations
                work()
            connection.send(list(works))
        else:
            begin = time.perf_counter()
            works[asked]()
            connection.send(time.perf_counter() - begin)
