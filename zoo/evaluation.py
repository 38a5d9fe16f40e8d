"""All measures that apply to a run, as a table and as a file."""

import dataclasses

from zoo import run_folder, spec
from zoo.errors import require
from zoo.metrics import Measurement, _lenet

SPLITS = ("train", "validation", "test")


def evaluate(run, *, splits=("validation", "test"), count: int = 1000, seed: int = 0):
    """Measures a run and writes `metrics.json` into its folder.

    Args:
        run: what `zoo.experiment.load` returns.
        splits: the parts of the data to measure on.
        count: how many samples, where samples are measured.
        seed: of the samples.

    Returns:
        A dict from names to `Measurement`s; names are followed by "@split" where the split is
        not the test part.

    Raises:
        SpecError: an unknown split.
        DataError: the data is not to be had.
    """
    for split in splits:
        require(split in SPLITS, f"There is no split {split!r}. Known: {', '.join(SPLITS)}.")
    measured = {}
    for metric in (spec.module("metrics", name) for name in spec.names("metrics")):
        if not metric.applies(run):
            continue
        for split in splits if metric.READS_DATA else ("test",):
            found = metric.measure(run, split=split, count=count, seed=seed)
            measured |= {_key(name, split): value for name, value in found.items()}
    record = {
        "metrics": {name: dataclasses.asdict(value) for name, value in measured.items()},
        "experiment": dataclasses.asdict(run.experiment) | {"step": run.step},
        "versions": run_folder.versions() | {"lenet_mnist.npz": _lenet.weights_hash()},
    }
    run_folder.write_json(run.folder.path / "metrics.json", record)
    return measured


def table(measured: dict[str, Measurement]) -> str:
    """The measurements as lines of text."""
    rows = [("measure", "value", "± s.e.", "unit", "count", "split")]
    for name, m in measured.items():
        error = "" if m.standard_error is None else f"{m.standard_error:.4f}"
        name = name.partition("@")[0]
        rows.append((name, f"{m.value:.4f}", error, m.unit, f"{m.count:,}", m.split))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _key(name, split):
    return name if split == "test" else f"{name}@{split}"
