"""Quality-diversity trade-off of text models over sampling temperatures."""

import contextlib
import dataclasses
from collections.abc import Callable

from zoo import metrics, samplers, spec
from zoo.errors import SpecError, require
from zoo.metrics import Measurement
from zoo.runs.evaluation import Settings, of_real_examples
from zoo.runs.run import Run

# Members of zoo.metrics, quality first, and the name of the measurement that is plotted.
PAIRS = (("bleu", "self_bleu", "{}_4"), ("lm_score", "reverse_lm_score", "{}"))
_MOST_SAMPLES = 500
_MOST_TEMPERATURES = 12


@dataclasses.dataclass(frozen=True)
class Point:
    """Measurements at one temperature.

    Attributes:
        temperature: the divisor of the logits; None: other real texts in place of samples.
        measured: by the names in PAIRS.
    """

    temperature: float | None
    measured: dict[str, Measurement]


def read(texts: list[str]) -> list[float]:
    """Parses temperatures from the command line, in ascending order.

    Raises:
        SpecError: not a number, not a valid temperature, or too many of them.
    """
    try:
        values = sorted({float(text) for text in texts})
    except ValueError as error:
        raise SpecError(f"temperatures={','.join(texts)}: {error}.") from None
    require(
        len(values) <= _MOST_TEMPERATURES,
        f"temperatures={','.join(texts)} should be at most {_MOST_TEMPERATURES} numbers.",
    )
    for value in values:
        samplers.check_temperature(value, f"temperatures={','.join(texts)}")
    return values


def pairs(run: Run) -> list[tuple[str, str]]:
    """Names of the metrics that can be plotted for a run, (quality, diversity)."""
    known = spec.names("metrics")
    return [
        (name.format(quality), name.format(diversity))
        for quality, diversity, name in PAIRS
        if {quality, diversity} <= set(known) and run.domain.kind == "text"
    ]


def trade_off(
    run: Run, values: list[float], settings: Settings, progress: Callable = contextlib.nullcontext
) -> list[Point]:
    """Evaluates samples at each temperature, and other real texts once.

    Args:
        run: a run of a text model.
        values: the temperatures.
        settings: the last split, the seed and the count, of which at most 500 are used.
        progress: as in `zoo.runs.evaluation.evaluate_all`.
    """
    split, seed, points = settings.splits[-1], settings.seed, []
    other = of_real_examples(run.dataset, split, min(settings.count, _MOST_SAMPLES), seed)
    for value in values:
        drawn = dataclasses.replace(run, sampler=f"temperature(temperature={value!r})")
        with progress(f"{run.folder.path}: temperature {value:g}"):
            samples = other.of(drawn.draw(other.count, seed))
            points.append(Point(value, _measured(samples)))
    with progress(f"{run.folder.path}: real texts"):
        return [*points, Point(None, _measured(other))]


def _measured(comparison):
    known = spec.names("metrics")
    members = [member for *pair, _ in PAIRS if set(pair) <= set(known) for member in pair]
    found = {}
    for member in members:
        found |= metrics.find(member).compare(comparison)
    return found
