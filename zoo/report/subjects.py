"""Description of a run, and the commands that reproduce it."""

import dataclasses
import json
import shlex

from zoo import samplers, spec
from zoo.models.base.sequence_model import SequenceModel
from zoo.pretrained import index
from zoo.runs.evaluation import Evaluation
from zoo.runs.experiment import MAY_CHANGE, Experiment

# Fields that may change on the way, but decide what a run with `keep_best` is.
_DECIDE_THE_BEST = {"patience", "sample_every"}
_DESCRIBED = ("data", "model", "objective", "batch_size", "learning_rate", "optimizer", "seed")


def description(evaluation: Evaluation) -> dict[str, str]:
    """Lists what determines the run's results, by label."""
    run = evaluation.run
    settings = dataclasses.asdict(run.experiment)
    record = json.loads((run.folder.path / "experiment.json").read_text(encoding="utf-8"))
    versions = record.get("versions", {}).items()
    return {
        "folder": str(run.folder.path),
        **{name.replace("_", " "): str(settings[name]) for name in _DESCRIBED},
        "steps": f"{run.step:,}",
        **({"sampler": run.sampler} if _has_sampler(run) else {}),
        "samples": f"{evaluation.settings.count:,}, seed {evaluation.settings.seed}",
        "trained with": ", ".join(f"{name} {version}" for name, version in versions),
        "revision": record.get("revision") or "unknown",
    }


def _has_sampler(run):
    return isinstance(run.generator, SequenceModel) or samplers.is_refinement(run.sampler)


def train_command(evaluation: Evaluation) -> str:
    """Command that trains the run, with the flags that differ from their defaults."""
    given, flags = dataclasses.asdict(evaluation.run.experiment), []
    left_out = MAY_CHANGE - (_DECIDE_THE_BEST if given["keep_best"] else set())
    for field in dataclasses.fields(Experiment):
        value = given[field.name]
        changed = field.name not in left_out and value != field.default
        if changed or field.name == "steps":
            flags.append(f"--{field.name}={value}")
    run = evaluation.run
    path = run.folder.path if run.results is None else f"runs/{run.results.name}"
    return shlex.join(["python", "train.py", *flags, f"--workdir={path}"])


def evaluate_command(evaluation: Evaluation, temperatures: list[float]) -> str:
    """Command that evaluates it, with a sweep over temperatures if there are any."""
    settings, run = evaluation.settings, evaluation.run
    flags = [f"--splits={','.join(settings.splits)}"]
    if settings.metrics:  # leave out those that apply to other runs only
        flags.append(
            f"--metrics={','.join(m for m in settings.metrics if _measured(m, evaluation))}"
        )
    flags += [f"--count={settings.count}", f"--seed={settings.seed}"]
    if run.checkpoint is not None:
        flags.append(f"--checkpoint={run.checkpoint}")
    if run.sampler != type(run).sampler:
        flags.append(f"--sampler={run.sampler}")
    if temperatures:
        flags.append(f"--temperatures={','.join(map(repr, temperatures))}")
    return shlex.join(["python", "evaluate.py", *_evaluated(run), *flags])


def _evaluated(run):
    """The flags that name a run, or a published model and data other than its card's."""
    if run.results is None:
        return [f"--workdir={run.folder.path}"]
    recorded, _ = run.folder.read()
    data = run.experiment.data
    moved = [] if data == recorded["data"] else [f"--data={data}"]
    return [f"--pretrained={index.address_of(run.folder.path)}", *moved]


def _measured(text, evaluation):
    return spec.parse(text)[0] in evaluation.seconds
