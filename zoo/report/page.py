"""Contents of the HTML page; `page.html` is its template."""

import dataclasses
import importlib.resources
import pathlib
import re

import jinja2

from zoo.metrics import calibration
from zoo.report import explanations, figures, logs, rows, samples, seeds, subjects, temperatures
from zoo.runs import run_folder
from zoo.runs.evaluation import Evaluation

_TEMPLATE = importlib.resources.files(__package__) / "page.html"
# Characters that HTML cannot contain: control characters except tab and line feed.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclasses.dataclass(frozen=True)
class Part:
    """Section of the page on one run.

    Attributes:
        label: the run's name on the page.
        evaluation: its evaluation.
        description: see `subjects.description`.
        commands: the commands that train and evaluate it.
        samples: see `zoo.report.samples`.
        classes: relative frequencies of the digits, or None.
        reliability: the reliability curves of its discriminator by label, or None.
    """

    label: str
    evaluation: Evaluation
    description: dict[str, str]
    commands: list[str]
    samples: samples.Images | samples.Texts | samples.Points
    classes: dict[str, list[float]] | None
    reliability: dict[str, calibration.Reliability] | None


def write(
    path: pathlib.Path, evaluations: list[Evaluation], trade_offs: list | None = None
) -> None:
    """Writes the page.

    Args:
        path: the file.
        evaluations: of the runs.
        trade_offs: for each run the points of `temperatures.trade_off`; empty lists if there are
            none.
    """
    run_folder.write_text(path, html(evaluations, trade_offs or [[] for _ in evaluations]))


def html(evaluations: list[Evaluation], trade_offs: list) -> str:
    """Renders the page; arguments as in `write`."""
    labels = rows.labels(evaluations)
    parts = [_part(*each) for each in zip(labels, evaluations, trade_offs, strict=True)]
    curves = {part.label: logs.curves(part.evaluation.run.folder.logs) for part in parts}
    curves = {label: each for label, each in curves.items() if each}
    measures = rows.rows(evaluations)
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"shown": shown, "number": rows.number, "with_error": rows.with_error}
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(
        parts=parts,
        rows=measures,
        groups=seeds.groups(evaluations),
        explanations=[
            explanations.explanation(name) for name in dict.fromkeys(row.member for row in measures)
        ],
        curves=curves,
        trade_offs=_trade_offs(dict(zip(labels, trade_offs, strict=True)), evaluations),
        figures=figures,
    )


def shown(text: object) -> str:
    """Replaces characters that HTML cannot contain by visible ones."""
    return _CONTROLS.sub(lambda found: _visible(ord(found[0])), str(text))


def _visible(code):
    return chr(0x2400 + code) if code < 0x20 else "\ufffd"  # the pictures of controls


def _part(label, evaluation, trade_off):
    values = [point.temperature for point in trade_off if point.temperature is not None]
    run, settings = evaluation.run, evaluation.settings
    measured = evaluation.seconds.keys() - evaluation.left_out.keys()
    curves = None
    if "calibration" in measured:
        split = settings.splits[-1]
        curves = calibration.curves(run, split=split, count=settings.count, seed=settings.seed)
    return Part(
        label,
        evaluation,
        subjects.description(evaluation),
        [subjects.train_command(evaluation), subjects.evaluate_command(evaluation, values)],
        samples.show(evaluation),
        samples.classes(evaluation.comparison) if "class_histogram" in measured else None,
        curves,
    )


def _trade_offs(found, evaluations):
    """Builds a figure and a table (run, temperature, two measurements) per pair of metrics."""
    shown = []
    found = {label: points for label, points in found.items() if points}
    pairs = dict.fromkeys(pair for each in evaluations for pair in temperatures.pairs(each.run))
    for quality, diversity in pairs if found else ():
        table = [
            (label, point.temperature, point.measured[quality], point.measured[diversity])
            for label, points in found.items()
            for point in points
        ]
        curves = {
            label: [(t, x.value, y.value) for run, t, x, y in table if run == label]
            for label in found
        }
        shown.append((quality, diversity, figures.trade_off(curves, quality, diversity), table))
    return shown
