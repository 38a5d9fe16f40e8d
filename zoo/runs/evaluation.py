"""All measures that apply to runs, with the ceilings of real data, and as a file."""

import contextlib
import dataclasses
import json
import math
import time

from zoo import metrics, spec
from zoo.data.base.splits import Dataset, RunningText
from zoo.errors import SpecError, require
from zoo.metrics import Comparison, Measurement, RunMetric, SampleMetric
from zoo.metrics.base import lenet
from zoo.runs import run_folder
from zoo.runs.run import Run

SPLITS = ("train", "validation", "test")
# Real examples of which part stand in the place of the samples for the ceiling.
_OTHER = {"train": "validation", "validation": "test", "test": "validation"}


@dataclasses.dataclass(frozen=True)
class Settings:
    """What is measured.

    Attributes:
        splits: the parts of the data to measure on; samples are compared to the last of them.
        metrics: the names of members of `zoo.metrics`; None: all that apply.
        count: how many samples, where samples are measured.
        seed: of the samples, and of whatever a measure draws.
    """

    splits: tuple[str, ...] = ("validation", "test")
    metrics: tuple[str, ...] | None = None
    count: int = 1000
    seed: int = 0

    def __post_init__(self):
        """Refuses what there is not, before any work is done."""
        require(bool(self.splits), f"splits is empty. Known: {', '.join(SPLITS)}.")
        for split in self.splits:
            require(split in SPLITS, f"There is no split {split!r}. Known: {', '.join(SPLITS)}.")
        for name in self.metrics or ():
            metrics.find(name)


@dataclasses.dataclass
class Evaluation:
    """What was measured of one run.

    Attributes:
        run: the run.
        settings: what was asked for.
        measured: the measurements; a name is followed by "@split" where the split is not the
            test part.
        members: the member of `zoo.metrics` that each of them is from.
        seconds: how long each member took.
        left_out: why members that apply could not be measured, in a sentence each.
        comparison: the samples and what they were compared to; None where no member asked.
    """

    run: Run
    settings: Settings
    measured: dict[str, Measurement] = dataclasses.field(default_factory=dict)
    members: dict[str, str] = dataclasses.field(default_factory=dict)
    seconds: dict[str, float] = dataclasses.field(default_factory=dict)
    left_out: dict[str, str] = dataclasses.field(default_factory=dict)
    comparison: Comparison | None = None

    def write(self) -> None:
        """Adds to `metrics.json` in the run folder; a figure that is not finite becomes null.

        Figures measured before by the same settings stay beside the new ones; the records of
        other settings (sampler, count, seed, step) are kept under "earlier", newest first.
        """
        record = {
            "metrics": {name: _as_json(m) for name, m in self.measured.items()},
            "experiment": dataclasses.asdict(self.run.experiment) | {"step": self.run.step},
            "evaluation": dataclasses.asdict(self.settings)
            | {"sampler": self.run.sampler, "seconds": self.seconds, "left_out": self.left_out},
            "versions": run_folder.versions() | {"lenet_mnist.npz": lenet.weights_hash()},
        }
        path = self.run.folder.path / "metrics.json"
        run_folder.write_json(path, _with_earlier(record, _written(path)))


def evaluate(run: Run, **settings) -> dict[str, Measurement]:
    """Measures a run and writes `metrics.json` into its folder.

    Args:
        run: what `zoo.runs.experiment.load` returns.
        **settings: see `Settings`.

    Returns:
        A dict from names to `Measurement`s, see `Evaluation`.

    Raises:
        SpecError: an unknown split or metric, or one that does not apply.
        DataError: the data is not to be had.
    """
    (evaluation,) = evaluate_all([run], Settings(**settings))
    return evaluation.measured


def evaluate_all(
    runs: list[Run], settings: Settings, progress=contextlib.nullcontext
) -> list[Evaluation]:
    """Measures several runs by the same rules and writes `metrics.json` into each folder.

    Args:
        runs: what `zoo.runs.experiment.load` returns.
        settings: what is measured.
        progress: called with what is being done, in words; gives a context that is left when
            that is done.

    Returns:
        An `Evaluation` of each run.

    Raises:
        SpecError: a metric that applies to none of the runs.
        DataError: the data is not to be had.
    """
    members = [applicable(run, settings) for run in runs]
    asked = set(settings.metrics or ())
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
    """The members of `zoo.metrics` that were asked for, or all, where they apply to a run."""
    names = settings.metrics or spec.names("metrics")
    known = {name: metrics.find(name) for name in names}
    return {name: member for name, member in known.items() if member.applies(run)}


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
    other = of_real_examples(dataset, split, count, seed)
    return other.of(draw(other.count)), other


def of_real_examples(dataset: Dataset, split: str, count: int, seed: int) -> Comparison:
    """Real examples of another held-out part in the place of samples; see `comparisons`."""
    parts = [dataset.split(name) for name in (split, _OTHER[split])]
    count = min([count, *map(_size, parts)])
    real, other = (_examples(part, count, seed, draw) for draw, part in enumerate(parts))
    num_training = min(_size(dataset.train), len(dataset.train))
    training = _examples(dataset.train, num_training, seed, draw=2)
    return Comparison(dataset.example, other, real, training, split, seed)


def _measure_model(evaluation, members, progress):
    """The measures of models, on each split."""
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
    """The measures of samples, on the last split, each with its ceiling."""
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
    """Adds up the seconds of a member, and notes why it could not be measured.

    A measure that was asked for by its name must not be missing without an error.
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
    """The record that stands in a file, or None where there is none that can be read."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return record if isinstance(record, dict) and "metrics" in record else None


def _with_earlier(record, written):
    """A record with what an older one has of the same settings, and those of other settings."""
    if written is None:
        return record
    earlier = [written, *written.pop("earlier", [])]
    kept = [each for each in earlier if _settings_of(each) != _settings_of(record)]
    for same in (each for each in earlier if _settings_of(each) == _settings_of(record)):
        record["metrics"] = same["metrics"] | record["metrics"]
    return record | ({"earlier": kept} if kept else {})


def _settings_of(record):
    """What figures depend on beside the split, which is part of their names."""
    settings, experiment = record.get("evaluation", {}), record.get("experiment", {})
    # What is compared to the last split is told apart by its name, too.
    return [settings.get(name) for name in ("sampler", "count", "seed")] + [experiment.get("step")]


def _as_json(measurement):
    record = dataclasses.asdict(measurement)
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in record.items()
    }


def _examples(split, count, seed, draw):
    """So many examples of a split, none of which is given twice or overlaps another.

    From a split whose rows have weights examples are drawn; since all parts of its data set can
    be this one split, each takes another `draw`.
    """
    if not isinstance(split, RunningText):
        return split.batch(0 if split.weights is None else draw, count, seed).numpy()
    return split.separate_windows(count, seed)


def _size(split):
    """How many such examples there are; those that have weights are drawn independently."""
    if isinstance(split, RunningText):
        return len(split) // split.length
    return len(split) if split.weights is None else math.inf
