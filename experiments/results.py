"""Results in JSON files, which let a program resume."""

import json
import pathlib
import statistics

from zoo.errors import require


def read(path: pathlib.Path, settings: dict) -> dict:
    """Reads a file: `settings`, and the finished `runs` by name.

    Args:
        path: the file; if it is missing, no run is finished.
        settings: settings shared by all runs, as JSON.

    Raises:
        SpecError: the results were made with other settings.
    """
    if not path.is_file():
        return {"settings": settings, "runs": {}}
    found = json.loads(path.read_text(encoding="utf-8"))
    require_same(path, "results", found["settings"], settings)
    return found


def require_same(path: pathlib.Path, what: str, recorded: dict, now: dict) -> None:
    """Raises SpecError if recorded settings differ from the current ones."""
    require(
        recorded == now,
        f"{path} has {what} of {recorded}, now {now}: move it, or pass another --output.",
    )


def over_seeds(values: list[float]) -> str:
    """Formats the mean over seeds ± the standard deviation; for one seed its value."""
    mean = f"{statistics.mean(values):.3f}"
    return f"{mean} ± {statistics.stdev(values):.3f}" if len(values) > 1 else mean
