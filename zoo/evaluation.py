"""All measures that apply to a run, as a table and as a file."""

import dataclasses
import math

from zoo import run_folder, spec
from zoo.data._splits import Dataset, RunningText
from zoo.errors import require
from zoo.metrics import Comparison, Measurement, _lenet

SPLITS = ("train", "validation", "test")
# Real examples of which part stand in the place of the samples for the ceiling.
_OTHER = {"train": "validation", "validation": "test", "test": "validation"}


def evaluate(
    run, *, splits=("validation", "test"), metrics=None, count: int = 1000, seed: int = 0
) -> dict[str, Measurement]:
    """Measures a run and writes `metrics.json` into its folder.

    Args:
        run: what `zoo.experiment.load` returns.
        splits: the parts of the data to measure on; samples are compared to the last of them.
        metrics: the names of members of `zoo.metrics`; None: all that apply.
        count: how many samples, where samples are measured.
        seed: of the samples.

    Returns:
        A dict from names to `Measurement`s; names are followed by "@split" where the split is
        not the test part.

    Raises:
        SpecError: an unknown split or metric, or one that does not apply.
        DataError: the data is not to be had.
    """
    for split in splits:
        require(split in SPLITS, f"There is no split {split!r}. Known: {', '.join(SPLITS)}.")
    members = _members(run, metrics)
    measured = {}
    for member in members:
        for split in splits if hasattr(member, "measure") else ():
            found = member.measure(run, split=split, count=count, seed=seed)
            measured |= {_key(name, split): value for name, value in found.items()}
    of_samples = [member for member in members if hasattr(member, "compare")]
    if of_samples:
        measured |= _compared(run, of_samples, splits[-1], count, seed)
    record = {
        "metrics": {name: dataclasses.asdict(value) for name, value in measured.items()},
        "experiment": dataclasses.asdict(run.experiment) | {"step": run.step},
        "versions": run_folder.versions() | {"lenet_mnist.npz": _lenet.weights_hash()},
    }
    run_folder.write_json(run.folder.path / "metrics.json", record)
    return measured


def _members(run, metrics):
    """The modules of the metrics that were asked for, or of all that apply."""
    known = {name: spec.module("metrics", name) for name in metrics or spec.names("metrics")}
    fitting = {name: member for name, member in known.items() if member.applies(run)}
    unfit = sorted(known.keys() - fitting.keys()) if metrics else []
    require(
        not unfit,
        f"{', '.join(unfit)} cannot be measured of {run.experiment.model} on "
        f"{run.experiment.data}. Leave --metrics out to have all that can.",
    )
    return list(fitting.values())


def _compared(run, members, split, count, seed):
    """The measures of samples, each with its ceiling."""
    samples, other = comparisons(
        run.dataset, split, lambda number: run.draw(number, seed), count, seed
    )
    measured = {}
    for member in members:
        ceilings = member.compare(other)
        for name, found in member.compare(samples).items():
            value = dataclasses.replace(found, ceiling=ceilings[name].value)
            measured[_key(name, split)] = value
    return measured


def comparisons(dataset: Dataset, split: str, draw, count: int, seed: int):
    """The comparison of samples to a split, and that of other real examples to it.

    Args:
        dataset: where the real examples come from.
        split: the name of the part to compare to.
        draw: gives so many samples.
        count: how many samples, against as many real examples; fewer where the split, or the
            one that stands in for the samples, has fewer.
        seed: which real examples are taken, where there are more than `count`.

    Returns:
        Two `Comparison`s.
    """
    parts = [dataset.split(name) for name in (split, _OTHER[split])]
    count = min([count, *map(_size, parts)])
    real, other = (part.batch(0, count, seed).numpy() for part in parts)
    train = dataset.train
    training = train.batch(0, min(_size(train), len(train)), seed).numpy()
    shared = {"real": real, "training": training, "split": split, "seed": seed}
    return tuple(
        Comparison(dataset.example, generated=generated, **shared)
        for generated in (draw(count), other)
    )


def table(measured: dict[str, Measurement]) -> str:
    """The measurements as lines of text."""
    rows = [("measure", "value", "± s.e.", "ceiling", "unit", "count", "split")]
    for name, m in measured.items():
        error = "" if m.standard_error is None else f"{m.standard_error:.4f}"
        ceiling = "" if m.ceiling is None else f"{m.ceiling:.4f}"
        name = name.partition("@")[0]
        rows.append((name, f"{m.value:.4f}", error, ceiling, m.unit, f"{m.count:,}", m.split))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _key(name, split):
    return name if split == "test" else f"{name}@{split}"


def _size(split):
    """How many examples a split can give without giving one twice or overlapping ones."""
    if isinstance(split, RunningText):
        return len(split) // split.length
    return len(split) if split.weights is None else math.inf  # drawn independently
