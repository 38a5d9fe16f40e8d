"""Rows of the table: measured times beside PyTorch's, goals, and the processor's speed."""

import statistics
from collections.abc import Iterator

from benchmarks import flops
from benchmarks.adversarial import Case as Pair
from benchmarks.autoregressive import Case as Sequences
from benchmarks.side_by_side import Times, quartiles, ratio, row

HEADER = ("model", "task", "library", "ms", "ratio", "goal", "reached", "GFLOP/s", "of the peak")
LIKELIHOOD, SCHEDULED, SAMPLING = "maximum likelihood", "scheduled sampling", "sampling"
_FASTER = "speed, PyTorch's = 1"
_SLOWER = "time, maximum likelihood's = 1"


def build(case: Sequences | Pair, times: Times) -> Iterator[dict[str, object]]:
    """Makes the rows of one case.

    Args:
        case: what was timed.
        times: seconds of every round, by task.

    Yields:
        what HEADER names: `ratio` as quartiles, `compared` as the ratio's meaning, `goal` as the
        least speed or the most time, or None; and the `seconds` it comes from.
    """
    for name, seconds in times.items():
        side, work = name.split(": ")
        if side == "torch" or work == flops.PRODUCT:
            continue
        done = flops.count(case, work)
        dtype = side if f"{side}: {flops.PRODUCT}" in times else "zoo"
        most = [flops.count(case, flops.PRODUCT) / t for t in times[f"{dtype}: {flops.PRODUCT}"]]
        speeds = [done / t for t in seconds]
        measured = {
            "case": str(case),
            "library": side,
            "seconds": seconds,
            "gflops": statistics.median(speeds) / 1e9,
            "product_gflops": statistics.median(most) / 1e9,
            "share": quartiles(speeds, most)[1],
        }
        yield measured | {
            "task": work,
            "compared": _FASTER,
            "others_seconds": times[f"torch: {work}"],
            **_judged(quartiles(times[f"torch: {work}"], seconds), _least(case, side, work), True),
        }
        if work.startswith(SCHEDULED):
            others = times[f"{side}: {LIKELIHOOD}"]
            yield measured | {
                "task": work,
                "compared": _SLOWER,
                "others_seconds": others,
                **_judged(quartiles(seconds, others), 1.3, False),
            }


def _least(case, side, work):
    """The speed to be reached, as a multiple of PyTorch's; None without a goal."""
    if isinstance(case, Pair):
        return None if "bfloat16" in side else 1.4  # PyTorch computes in float32
    if work == SAMPLING:
        small = case.kind != "transformer" and case.units == 128
        return None if case.units == 32 else 2.0 if small else 1.5
    return 1.0 if work == LIKELIHOOD else 1.5


def _judged(found, goal, at_least):
    reached = None if goal is None else found[1] >= goal if at_least else found[1] <= goal
    return {"ratio": found, "goal": goal, "reached": reached}


def line(found: dict[str, object]) -> str:
    """Formats a row in Markdown."""
    slower = found["compared"] == _SLOWER
    sign = "≤" if slower else "≥"
    reached = {True: "yes", False: "**no**", None: ""}[found["reached"]]
    return row(
        found["case"],
        found["task"] + slower * f", relative to {LIKELIHOOD}",
        found["library"],
        f"{statistics.median(found['seconds']) * 1e3:.1f}",
        ratio(*found["ratio"]),
        "" if found["goal"] is None else f"{sign} {found['goal']:g}",
        reached,
        f"{found['gflops']:.0f}",
        f"{found['share']:.0%}",
    )
