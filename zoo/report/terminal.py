"""What is printed: a line for each step of the work, and the table."""

import contextlib
import time

from zoo.report import rows
from zoo.runs.evaluation import Evaluation


@contextlib.contextmanager
def progress(what: str):
    """Prints what is being done, and when it is done how long it took."""
    print(f"  {what} ...", end="", flush=True)
    begin = time.monotonic()
    try:
        yield
    except BaseException:
        print(flush=True)
        raise
    print(f" {time.monotonic() - begin:.1f} s", flush=True)


def table(evaluations: list[Evaluation]) -> str:
    """The measurements as lines of text, a column of values and one of ceilings for each run."""
    heads = [["measure"]]
    for label in rows.labels(evaluations) if len(evaluations) > 1 else ["value ± s.e."]:
        heads += [[label], ["ceiling"]]
    columns = [*heads, ["unit"], ["count"], ["split"]]
    for row in rows.rows(evaluations):
        cells = [row.title]
        for cell in row.cells:
            cells += [rows.with_error(cell), rows.number(cell and cell.ceiling)]
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
    """A sentence for each member that could not be measured."""
    return [
        f"{label}: {name} is left out: {reason}"
        for label, each in zip(rows.labels(evaluations), evaluations, strict=True)
        for name, reason in each.left_out.items()
    ]
