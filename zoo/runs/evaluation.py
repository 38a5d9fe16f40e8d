"""Measures runs by all metrics that apply, with the ceilings of real data."""

import contextlib
import dataclasses
import json
import math
import time
from collections.abc import Callable

import numpy as np

from zoo import metrics, spec
from zoo.data.base.splits import ContiguousText, Dataset
from zoo.errors import SpecError, require
from zoo.metrics import Comparison, Measurement, RunMetric, SampleMetric
from zoo.metrics.base import lenet, packages
from zoo.runs import digests, run_folder
from zoo.runs.run import Run

SPLITS = ("train", "validation", "test")
# The split whose real examples take the place of the samples for the ceiling.
_OTHER = {"train": "validation", "validation": "test", "test": "validation"}


@dataclasses.dataclass(frozen=True)
class Settings:
    """Settings of an evaluation.

    Attributes:
        splits: the splits of the data to measure on; samples are compared to the last of them.
        metrics: names of members of `zoo.metrics`, with arguments where they take some, such as
            "fresh_bound(steps=500)"; None: all that apply, but for those that take long.
        count: the number of samples, where samples are measured.
        seed: the seed of the samples, and of any draws of a metric.

    Raises:
        SpecError: no split, an unknown split or metric, a metric that is given twice, or a number
            out of range.
        ZooError: packages of the extra `evaluation` are missing.
    """

    splits: tuple[str, ...] = ("validation", "test")
    metrics: tuple[str, ...] | None = None
    count: int = 1000
    seed: int = 0

    def __post_init__(self):
        """Refuses unknown splits and metrics, before any work is done."""
        packages.require_packages()
        require(bool(self.splits), f"splits is empty. Known: {', '.join(SPLITS)}.")
        for split in self.splits:
            require(split in SPLITS, f"There is no split {split!r}. Known: {', '.join(SPLITS)}.")
        require(self.count >= 1, f"count={self.count} should be at least 1.")
        require(0 <= self.seed < 2**31, f"seed={self.seed} should be from 0 to 2147483647.")
        names = [spec.parse(text)[0] for text in self.metrics or ()]
        for name, text in zip(names, self.metrics or (), strict=True):
            metrics.find(text)
            require(names.count(name) == 1, f"{name} is given twice in metrics: measure it twice.")


@dataclasses.dataclass
class Evaluation:
    """The measurements of one run.

    Attributes:
        run: the run.
        settings: the settings.
        measured: the measurements; a name is followed by "@split" unless the split is the test
            split.
        members: the member of `zoo.metrics` that each measurement is from.
        seconds: the time that each member took, in seconds.
        left_out: the reasons, in a sentence each, why members that apply gave no measurement.
        comparison: the samples and the real examples they were compared to; None if no metric
            needs samples.
    """

    run: Run
    settings: Settings
    measured: dict[str, Measurement] = dataclasses.field(default_factory=dict)
    members: dict[str, str] = dataclasses.field(default_factory=dict)
    seconds: dict[str, float] = dataclasses.field(default_factory=dict)
    left_out: dict[str, str] = dataclasses.field(default_factory=dict)
    comparison: Comparison | None = None

    def write(self) -> None:
        """Adds to `metrics.json` in the run folder; a value that is not finite becomes null.

        Values measured before by the same settings stay beside the new ones, each with the spec of
        its metric. The records of other settings (sampler, count, seed, step, weights) are kept
        under "earlier", newest first, and so is a value by other arguments of its metric.
        """
        texts = {spec.parse(text)[0]: text for text in self.settings.metrics or ()}
        networks = self.run.model.networks().values()
        record = {
            "metrics": {
                name: _as_json(m) | {"metric": texts.get(self.members[name], self.members[name])}
                for name, m in self.measured.items()
            },
            "experiment": dataclasses.asdict(self.run.experiment) | {"step": self.run.step},
            "evaluation": dataclasses.asdict(self.settings)
            | {
                "sampler": self.run.sampler,
                "weights": digests.of_weights([v for each in networks for v in each.variables]),
                "seconds": self.seconds,
                "left_out": self.left_out,
            },
            "versions": run_folder.versions() | {"lenet_mnist.npz": lenet.weights_hash()},
        }
        path = self.run.results_folder / "metrics.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        run_folder.write_json(path, _with_earlier(record, _written(path)))


def evaluate(run: Run, **settings: object) -> dict[str, Measurement]:
    """Measures a run and writes `metrics.json` into its folder.

    Args:
        run: a trained run.
        **settings: see `Settings`.

    Returns:
        The measurements by name, see `Evaluation`.

    Raises:
        SpecError: an unknown split or metric, or one that does not apply.
        DataError: the data is not to be had.
    """
    (evaluation,) = evaluate_all([run], Settings(**settings))
    return evaluation.measured


def evaluate_all(
    runs: list[Run],
    settings: Settings,
    progress: Callable[[str], contextlib.AbstractContextManager] = contextlib.nullcontext,
) -> list[Evaluation]:
    """Measures several runs by the same settings and writes `metrics.json` into each folder.

    Args:
        runs: trained runs.
        settings: the settings.
        progress: called with the name of each task; returns a context manager that is left when
            the task is done.

    Returns:
        An `Evaluation` for each run.

    Raises:
        SpecError: a metric that applies to none of the runs.
        DataError: the data is not to be had.
    """
    members = [applicable(run, settings) for run in runs]
    asked = {spec.parse(text)[0] for text in settings.metrics or ()}
    unfit = sorted(asked - {name for each in members for name in each})
    require(
        not unfit,
        f"{', '.join(unfit)} cannot be measured of "
        f"{' or '.join(f'{run.experiment.model} on {run.experiment.data}' for run in runs)}. "
        "Leave --metrics out to have all that can.",
    )
    ceilings, evaluations = {}, []
    for run, fitting in zip(runs, members, strict=True):
        with progress(f"{run.folder.path}: reading {run.experiment.data}"):
            _ = run.dataset
        evaluation = Evaluation(run, settings)
        _measure_model(evaluation, fitting, progress)
        _compare_samples(evaluation, fitting, ceilings, progress)
        evaluation.write()
        evaluations.append(evaluation)
    return evaluations


def applicable(run: Run, settings: Settings) -> dict[str, RunMetric | SampleMetric]:
    """The metrics that apply to a run, among those of the settings, by name."""
    asked = settings.metrics or [name for name in spec.names("metrics") if not _long(name)]
    known = {spec.parse(text)[0]: metrics.find(text) for text in asked}
    return {name: member for name, member in known.items() if member.applies(run)}


def _long(name):
    member = metrics.find(name)
    return isinstance(member, RunMetric) and member.only_by_name


def comparisons(
    dataset: Dataset, split: str, draw: Callable[[int], np.ndarray], count: int, seed: int
) -> tuple[Comparison, Comparison]:
    """Compares samples to a split, and other real examples to it.

    Args:
        dataset: the data set of the real examples.
        split: the name of the split to compare to.
        draw: draws a number of samples.
        count: the number of samples, against as many real examples; fewer if the split, or the
            one whose examples take the place of the samples, has fewer.
        seed: the seed by which real examples are chosen if there are more than `count`.

    Returns:
        The comparison of samples, and that of real examples in their place.
    """
    other = of_real_examples(dataset, split, count, seed)
    return other.of(draw(other.count)), other


def of_real_examples(dataset: Dataset, split: str, count: int, seed: int) -> Comparison:
    """Compares real examples of another held-out split; see `comparisons`."""
    parts = [dataset.split(name) for name in (split, _OTHER[split])]
    count = min([count, *map(_size, parts)])
    real, other = (_examples(part, count, seed, draw) for draw, part in enumerate(parts))
    num_training = min(_size(dataset.train), len(dataset.train))
    training = _examples(dataset.train, num_training, seed, draw=2)
    rows = None if dataset.train.weights is None else dataset.train.values
    return Comparison(dataset.domain, other, real, training, split, seed, rows)


def _measure_model(evaluation, members, progress):
    """Measures the model on each split."""
    settings = evaluation.settings
    of_runs = {name: each for name, each in members.items() if isinstance(each, RunMetric)}
    for name, member in of_runs.items():
        for split in dict.fromkeys(settings.splits):
            with _timed(evaluation, name, progress, f"{name} on {split}"):
                found = member.measure(
                    evaluation.run, split=split, count=settings.count, seed=settings.seed
                )
                require(
                    bool(found),
                    f"{name} on {split} has no finite value with the sampler "
                    f"{evaluation.run.sampler}, which excludes some of the examples; measure it "
                    "with another --sampler, such as 'ancestral()'.",
                )
                _keep(evaluation, name, split, found)


def _compare_samples(evaluation, members, ceilings, progress):
    """Measures samples against the last split, each metric with its ceiling."""
    run, settings = evaluation.run, evaluation.settings
    members = {name: member for name, member in members.items() if isinstance(member, SampleMetric)}
    if not members:
        return
    split, data = settings.splits[-1], (run.experiment.data, run.experiment.data_dir)
    other = of_real_examples(run.dataset, split, settings.count, settings.seed)
    with progress(f"drawing {other.count:,} sample{'s' if other.count > 1 else ''}"):
        samples = other.of(run.draw(other.count, settings.seed))
    evaluation.comparison = samples
    for name, member in members.items():
        with _timed(evaluation, name, progress, f"{name} on {split}"):
            found = member.compare(samples)
            if (data, name) not in ceilings:
                ceilings[data, name] = member.compare(other)
            of_real = ceilings[data, name]
            found |= {
                key: dataclasses.replace(found[key], ceiling=of_real[key].value)
                for key in found.keys() & of_real.keys()
            }
            _keep(evaluation, name, split, found)


@contextlib.contextmanager
def _timed(evaluation, name, progress, what):
    """Adds up the seconds of a member, and notes why it gave no measurement.

    A metric that was asked for by its name must not be missing without an error.
    """
    begin = time.monotonic()
    try:
        with progress(what):
            yield
    except SpecError as error:
        if evaluation.settings.metrics:
            raise
        evaluation.left_out[name] = str(error)
    seconds = evaluation.seconds.get(name, 0) + time.monotonic() - begin
    evaluation.seconds[name] = round(seconds, 1)


def _keep(evaluation, member, split, found):
    for name, measurement in found.items():
        key = name if split == "test" else f"{name}@{split}"
        evaluation.measured[key] = measurement
        evaluation.members[key] = member


def _written(path):
    """The record in a file, or None if there is none that can be read."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return record if isinstance(record, dict) and "metrics" in record else None


def _with_earlier(record, written):
    """Adds older values of the same settings to a record, and what is older and differs."""
    if written is None:
        return record
    values, kept = record["metrics"], []
    for each in [written, *written.pop("earlier", [])]:
        older = each["metrics"]
        if _settings_of(each) == _settings_of(record):
            values = older | values
            other = [name for name in older if _metric(older[name]) != _metric(values[name])]
            older = {name: older[name] for name in other}
        if older:
            kept.append(each | {"metrics": older})
    return record | {"metrics": values} | ({"earlier": kept} if kept else {})


def _metric(measured):
    """The spec of the metric that a value is from; None in a record without."""
    return measured.get("metric")


def _settings_of(record):
    """The settings that values depend on, beside the split, which is part of their names."""
    settings, experiment = record.get("evaluation", {}), record.get("experiment", {})
    names = "sampler", "count", "seed", "weights"
    return [settings.get(name) for name in names] + [experiment.get("step")]


def _as_json(measurement):
    record = dataclasses.asdict(measurement)
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in record.items()
    }


def _examples(split, count, seed, draw):
    """Examples of a split, none of which is taken twice or overlaps another.

    From a split whose rows have weights examples are drawn; since all splits of its data set can
    be this one, each takes another `draw`.
    """
    if not isinstance(split, ContiguousText):
        return split.batch(0 if split.weights is None else draw, count, seed).numpy()
    return split.separate_windows(count, seed)


def _size(split):
    """The number of such examples; those that have weights are drawn independently."""
    if isinstance(split, ContiguousText):
        return len(split) // split.length
    return len(split) if split.weights is None else math.inf
