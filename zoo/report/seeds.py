"""Mean and standard deviation of each metric over runs that differ in their seed alone."""

import dataclasses
import math
import os
import statistics

from zoo.metrics import Measurement
from zoo.report import rows
from zoo.runs import best
from zoo.runs.evaluation import Evaluation


@dataclasses.dataclass(frozen=True)
class Group:
    """Runs of one experiment by different seeds.

    Attributes:
        label: the heading of its column in a table.
        numbers: the positions of its runs among all that are evaluated.
    """

    label: str
    numbers: tuple[int, ...]

    def summary(self, row: rows.Row) -> str:
        """The mean ± the sample standard deviation of a metric; empty if a run has no value."""
        return mean_and_deviation([row.cells[number] for number in self.numbers])


def groups(evaluations: list[Evaluation]) -> list[Group]:
    """Finds the finished runs that differ in their seed alone, in groups of at least two."""
    found = {}
    for number, evaluation in enumerate(evaluations):
        if not best.is_finished(evaluation.run):
            continue
        same = dataclasses.replace(evaluation.run.experiment, seed=0)
        found.setdefault((same, evaluation.run.sampler), []).append(number)
    several = [numbers for numbers in found.values() if _differ(evaluations, numbers)]
    return [Group(_label(evaluations, numbers), tuple(numbers)) for numbers in several]


def unfinished(evaluations: list[Evaluation]) -> list[str]:
    """Says which runs of several are not finished, a line each: they are in no mean."""
    if len(evaluations) < 2:
        return []
    return [
        f"{one.run.folder.path} is not trained to its end, {one.run.experiment.steps:,} steps, and "
        "left out of means over seeds."
        for one in evaluations
        if not best.is_finished(one.run)
    ]


def mean_and_deviation(cells: list[Measurement | None]) -> str:
    """Formats the mean ± sqrt(Σ (x - mean)² / (n - 1)) of measurements.

    Args:
        cells: the measurements, one for each seed.

    Returns:
        The text; empty if a measurement is missing or not finite.
    """
    values = [cell.value for cell in cells if cell and math.isfinite(cell.value)]
    if len(values) < len(cells):
        return ""
    mean, deviation = statistics.mean(values), statistics.stdev(values)
    return f"{rows.number(mean)} ± {rows.number(deviation)}"


def _differ(evaluations, numbers):
    """True for several runs, none of which repeats a seed."""
    used = {evaluations[number].run.experiment.seed for number in numbers}
    return len(used) == len(numbers) > 1


def _label(evaluations, numbers):
    paths = [os.path.abspath(evaluations[number].run.folder.path) for number in numbers]
    name = os.path.basename(os.path.commonpath(paths))
    return f"{name}: mean ± s.d. (n - 1) over {len(numbers)} seeds"
