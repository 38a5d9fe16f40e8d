"""Times the same tasks in two libraries, in alternation.

Since a machine's speed drifts, tasks are timed one after the other, round after round, each library
in its own process that waits while the other one works. Comparisons are ratios within a round.
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


def main(
    program: str, description: str, cases: dict, beside: tuple[str, str] | None = None
) -> None:
    """Prints a program's table.

    Args:
        program: its modules PROGRAM_zoo and PROGRAM_torch each have `set_threads(threads)`, and
            `works(case)`: functions by names such as "zoo with XLA: sampling".
        description: its first line is the description of `--help`.
        cases: the cases by their names on the command line.
        beside: a prefix of tasks' names, and another task: a last column shows the time of the
            former relative to the latter.
    """
    options = _options(description, cases)
    header = ["model", "what", "library", "ms", "speed, PyTorch's = 1"]
    if beside:
        header.append(f"time, {beside[1]}'s = 1")
    with _libraries(program, options.threads) as connections:
        print(_row(header), _row(["---"] * len(header)), sep="\n")
        for case in map(cases.get, options.cases):
            times = _measure(case, connections, options.seconds)
            for name in times:
                print(_row([str(case), *_cells(name, times, beside)]), flush=True)


def _options(description, cases):
    """Parses the command line."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--cases", nargs="+", choices=cases, default=list(cases))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=60, help="of rounds for each case")
    return parser.parse_args()


@contextlib.contextmanager
def _libraries(program, threads):
    """Starts the two processes; yields a connection to each."""
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


def _measure(case, connections, seconds):
    """Times each task of a case; returns the seconds of every round, by name."""
    times = {}
    for connection in connections:
        connection.send(("make", case))
    names = [(connection, name) for connection in connections for name in connection.recv()]
    names.sort(key=lambda pair: pair[1].split(": ")[1])  # compared tasks next to each other
    end = time.monotonic() + seconds
    while len(times.get(names[0][1], [])) < 5 or time.monotonic() < end:
        for connection, name in names:
            connection.send(("time", name))
            times.setdefault(name, []).append(connection.recv())
    return times


def _cells(name, times, beside):
    """Cells of one task: name, library, median in ms, speed relative to PyTorch, and `beside`."""
    side, work = name.split(": ")
    cells = [work, side, f"{statistics.median(times[name]) * 1e3:.0f}"]
    torch = times.get(f"torch: {work}")
    cells.append("" if side == "torch" or not torch else _ratio(torch, times[name]))
    if beside and work.startswith(beside[0]) and side != "torch":
        cells.append(_ratio(times[name], times[f"{side}: {beside[1]}"]))
    elif beside:
        cells.append("")
    return cells


def _ratio(numerators, denominators):
    """Formats the median and the quartiles of the rounds' ratios."""
    ratios = [a / b for a, b in zip(numerators, denominators, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return f"{middle:.2f} ({low:.2f}-{high:.2f})"


def _row(content):
    """Formats a row of a Markdown table."""
    return f"| {' | '.join(content)} |"


def _serve(module, threads, connection):
    """Builds and times tasks on request."""
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
