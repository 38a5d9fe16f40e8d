"""Rows of the results table: the measurements of one or several runs side by side."""

import dataclasses
import math
import os
from collections.abc import Callable

from zoo.metrics import Measurement
from zoo.runs.evaluation import Evaluation

_ARROWS = {"higher": "↑", "lower": "↓", None: ""}


@dataclasses.dataclass(frozen=True)
class Row:
    """One metric of all runs.

    Attributes:
        name: its name in `metrics.json`.
        member: the member of `zoo.metrics` that it is from.
        cells: the measurement of each run, None where it does not apply.
    """

    name: str
    member: str
    cells: tuple[Measurement | None, ...]

    @property
    def title(self) -> str:
        """Name without the split, with an arrow in the direction of better models."""
        arrow = self.shared(lambda cell: _ARROWS[cell.better])
        return f"{self.name.partition('@')[0]} {arrow}".rstrip()

    @property
    def better(self) -> str | None:
        """Direction of better models, "higher" or "lower"; None if neither."""
        return next(cell.better for cell in self.cells if cell)

    @property
    def unit(self) -> str:
        """Unit of the values."""
        return self.shared(lambda cell: cell.unit)

    @property
    def split(self) -> str:
        """Split of the data."""
        return self.shared(lambda cell: cell.split)

    @property
    def count(self) -> str:
        """Number of examples behind the values."""
        return self.shared(lambda cell: f"{cell.count:,}")

    def shared(self, text: Callable[[Measurement], str]) -> str:
        """Joins the distinct results of `text` over the cells."""
        return " / ".join(dict.fromkeys(text(cell) for cell in self.cells if cell))


def rows(evaluations: list[Evaluation]) -> list[Row]:
    """Makes a row for each metric that any of the runs has."""
    members = {name: member for each in evaluations for name, member in each.members.items()}
    order = sorted(members, key=lambda name: members[name])  # as many runs as there are names
    return [
        Row(name, members[name], tuple(each.measured.get(name) for each in evaluations))
        for name in order
    ]


def labels(evaluations: list[Evaluation]) -> list[str]:
    """Labels runs by the last part of their folder if that is unique, else by the whole path."""
    paths = [os.path.normpath(each.run.folder.path) for each in evaluations]
    names = [os.path.basename(path) for path in paths]
    return [
        name if names.count(name) == 1 else path for name, path in zip(names, paths, strict=True)
    ]


def number(value: float | None) -> str:
    """Formats a number with four decimals, or four digits if that would lose or show too many."""
    if value is None:
        return ""
    if not math.isfinite(value):
        return str(value)
    if value != 0 and not 5e-4 <= abs(value) < 1e5:
        return f"{value:.3e}"
    return f"{value:,.4f}" if value % 1 else f"{value:,.0f}"


def with_error(measurement: Measurement | None) -> str:
    """Formats a value with its standard error."""
    if measurement is None:
        return ""
    error = measurement.standard_error
    return number(measurement.value) + ("" if error is None else f" ± {number(error)}")
