"""Results that a program keeps as JSON, so that the same command goes on where it stopped."""

import json
import pathlib
import statistics

from zoo.errors import require


def read(path: pathlib.Path, settings: dict) -> dict:
    """What the file holds: `settings`, and by their names the `runs` that are finished.

    Args:
        path: the file; where there is none, no run is finished.
        settings: what all runs have in common, as JSON.

    Raises:
        SpecError: the results were made with other settings.
    """
    if not path.is_file():
        return {"settings": settings, "runs": {}}
    found = json.loads(path.read_text(encoding="utf-8"))
    require_same(path, "results", found["settings"], settings)
    return found


def require_same(path: pathlib.Path, what: str, recorded: dict, now: dict) -> None:
    """Raises SpecError where results were made in another way than they would be now."""
    require(
        recorded == now,
        f"{path} has {what} of {recorded}, now {now}: move it away, or name another --output.",
    )


def over_seeds(values: list[float]) -> str:
    """The mean of a measure over seeds ± its standard deviation; of one seed its value."""
    mean = f"{statistics.mean(values):.3f}"
    return f"{mean} ± {statistics.stdev(values):.3f}" if len(values) > 1 else mean
