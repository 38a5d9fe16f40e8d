"""Training steps and sampling of autoregressive models, beside PyTorch's.

    python benchmarks/autoregressive.py

A step is the whole of it: forward, backward and Adam. PyTorch has the same architecture, sizes
and number of threads: torch.nn.LSTM or GRU where the symbols are known, and a Python loop over
cells where they depend on what was predicted. Since a machine's speed drifts, all are timed in
turn, round after round, each library in a process of its own that waits while the other one
works. Medians are printed, and the median and the quartiles of the rounds' ratios. PyTorch is no
requirement of the project: `pip install torch` first.
"""

import argparse
import dataclasses
import importlib
import multiprocessing
import os
import platform
import statistics
import time


@dataclasses.dataclass(frozen=True)
class Case:
    """One model and its data."""

    kind: str  # lstm, gru or transformer
    units: int
    layers: int
    symbols: int = 65
    length: int = 100
    batch: int = 64

    def __str__(self):
        return (
            f"{self.kind} {self.layers}x{self.units}, {self.symbols} symbols, length {self.length}"
        )


CASES = {
    "lstm512": Case("lstm", 512, 2),
    "lstm128": Case("lstm", 128, 2),
    "lstm32": Case("lstm", 32, 1, symbols=5000, length=20),
    "gru128": Case("gru", 128, 2),
    "transformer128": Case("transformer", 128, 4),
}


def serve(library, threads, connection):
    """Times what is asked for, in a process of its own."""
    module = importlib.import_module(f"{library}_side")
    module.set_threads(threads)
    works = {}
    while True:
        asked = connection.recv()
        if isinstance(asked, Case):
            works = module.works(asked)
            for work in [*works.values()] * 3:  # tracing, compiling, first allocations
                work()
            connection.send(list(works))
        else:
            begin = time.perf_counter()
            works[asked]()
            connection.send(time.perf_counter() - begin)


def measure(case, sides, seconds):
    """Name of a work -> its times, of one round after the other."""
    times = {}
    for connection in sides:
        connection.send(case)
    names = [(connection, name) for connection in sides for name in connection.recv()]
    names.sort(key=lambda pair: pair[1].split(": ")[1])  # what is compared stands side by side
    end = time.monotonic() + seconds
    while len(times.get(names[0][1], [])) < 5 or time.monotonic() < end:
        for connection, name in names:
            connection.send(name)
            times.setdefault(name, []).append(connection.recv())
    return times


def ratio(numerators, denominators):
    """The median and the quartiles of the rounds' ratios, in words."""
    ratios = [a / b for a, b in zip(numerators, denominators, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return f"{middle:.2f} ({low:.2f}-{high:.2f})"


def rows(case, times):
    """The table's lines for a case."""
    for name, seconds in times.items():
        side, work = name.split(": ")
        cells = [str(case), work, side, f"{statistics.median(seconds) * 1e3:.0f}"]
        cells.append("" if side == "torch" else ratio(times[f"torch: {work}"], seconds))
        scheduled = work == "scheduled sampling" and side != "torch"
        base = times[name.replace("scheduled sampling", "maximum likelihood")]
        cells.append(ratio(seconds, base) if scheduled else "")
        yield "| " + " | ".join(cells) + " |"


def main():
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=60, help="of rounds for each case")
    arguments = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores")
    print("| model | what | library | ms | speed, PyTorch's = 1 | time, maximum likelihood's = 1 |")
    print("|---|---|---|---|---|---|")
    context = multiprocessing.get_context("spawn")
    sides = []
    for library in ("zoo", "torch"):
        ours, theirs = context.Pipe()
        worker = (library, arguments.threads, theirs)
        context.Process(target=serve, args=worker, daemon=True).start()
        sides.append(ours)
    for case in arguments.cases:
        for row in rows(CASES[case], measure(CASES[case], sides, arguments.seconds)):
            print(row, flush=True)


if __name__ == "__main__":
    main()
