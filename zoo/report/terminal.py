"""Terminal output of an evaluation: progress lines and the results table."""

import contextlib
import time
from collections.abc import Iterator

from zoo.report import rows, seeds
from zoo.runs.evaluation import Evaluation


@contextlib.contextmanager
def progress(what: str) -> Iterator[None]:
    """Prints a task, and its duration when it is done."""
    print(f"  {what} ...", end="", flush=True)
    begin = time.monotonic()
    try:
        yield
    except BaseException:
        print(flush=True)
        raise
    print(f" {time.monotonic() - begin:.1f} s", flush=True)


def table(evaluations: list[Evaluation]) -> str:
    """Formats the measurements as lines of text, with columns of values and ceilings per run.

    Runs that differ in their seed alone have a column of their mean and standard deviation.
    """
    heads = [["metric"]]
    for label in rows.labels(evaluations) if len(evaluations) > 1 else ["value ± s.e."]:
        heads += [[label], ["ceiling"]]
    groups = seeds.groups(evaluations)
    heads += [[group.label] for group in groups]
    columns = [*heads, ["unit"], ["count"], ["split"]]
    for row in rows.rows(evaluations):
        cells = [row.title]
        for cell in row.cells:
            cells += [rows.with_error(cell), rows.number(cell and cell.ceiling)]
        cells += [group.summary(row) for group in groups]
        for column, cell in zip(columns, [*cells, row.unit, row.count, row.split], strict=True):
            column.append(cell)
    return _aligned(columns)


def _aligned(columns):
    widths = [max(map(len, column)) for column in columns]
    lines = [
        "  ".join(map(str.ljust, cells, widths)).rstrip() for cells in zip(*columns, strict=True)
    ]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def left_out(evaluations: list[Evaluation]) -> list[str]:
    """Sentences on the metrics that could not be computed."""
    return [
        f"{label}: {name} could not be computed: {reason}"
        for label, each in zip(rows.labels(evaluations), evaluations, strict=True)
        for name, reason in each.left_out.items()
    ]
