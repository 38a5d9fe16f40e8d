"""From a run to a version: see `export.export`."""

import dataclasses
import json
import math
import os
import pathlib
import re
import subprocess
import sys
from collections.abc import Callable

from export import (
    image_signatures,
    likelihood_image_signatures,
    point_signatures,
    serving_files,
    several,
    text_signatures,
    warmup,
)
from export.batching import Batching
from export.errors import ExportError
from export.ratio_estimator import RatioEstimator
from export.servable import METADATA, Servable
from export.versions import new_version, versions
from zoo import samplers
from zoo.density_ratio import estimate
from zoo.errors import SpecError
from zoo.models.base.sequence_model import SequenceModel
from zoo.objectives.base.contracts import EstimatesDensityRatio
from zoo.runs.loading import load
from zoo.runs.plain_paths import plain
from zoo.runs.refining import Refiner
from zoo.runs.run import Run

# What can stand in the address of a model, http://host:8501/v1/models/NAME:predict.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)


def export(
    run: Run | str | os.PathLike,
    output: str | os.PathLike,
    name: str,
    version: str | int | None,
    sampler: str | None,
    length: int | None,
    calibrated: bool,
    another_run: bool,
    batching: Batching | None = None,
    refine: str | None = None,
) -> pathlib.Path:
    """See `export.export`."""
    model_folder = folder_of(output, name)
    run = run if isinstance(run, Run) else load(run)
    model = with_origin(servable(run, sampler, length, calibrated, refine), run)
    logs = warmup.logs(model, name)
    with new_version(model_folder, version) as (unfinished, path):
        if not another_run:
            require_same_run(model_folder, run)
        model.save(plain(model_folder) / unfinished.name)
        warmup.write(unfinished, logs)
        check(unfinished)
        edited = serving_files.write(model_folder, name, model, batching)
    for file in edited:
        print(f"{model_folder / file} was edited and stays as it is.")
    for sentence in several.refresh(model_folder.parent):
        print(sentence)
    return path


def folder_of(output: str | os.PathLike, name: str) -> pathlib.Path:
    """The folder of a model.

    Raises:
        ExportError: a name that cannot stand in an address, or no folder of all models.
    """
    if not _NAME.fullmatch(name):
        raise ExportError(
            f"name={name!r} cannot stand in an address. Use letters, digits, '_', '-' and '.'."
        )
    if not os.fspath(output):
        raise ExportError("output has no name: give the folder of all exported models.")
    return pathlib.Path(output, name).expanduser()


def servable(
    run: Run,
    sampler: str | None,
    length: int | None,
    calibrated: bool = False,
    refine: str | None = None,
) -> Servable:
    """The signatures of a run's model.

    Args:
        run: the run.
        sampler: see `export.export`, as the other arguments.
        length: see there.
        calibrated: see there.
        refine: see there.
    """
    return with_ratio(
        run, lambda scale: signatures(run, sampler, length, scale, refine), calibrated
    )


def with_ratio(run: Run, build: Callable[[float], Servable], calibrated: bool) -> Servable:
    """Builds signatures with a factor of the log density ratio, 1 / temperature if calibrated.

    Raises:
        SpecError: there is no ratio to be calibrated, or no temperature that calibrates it.
    """
    if not calibrated:
        return build(1.0)
    temperature = run.calibration_temperature
    if not math.isfinite(temperature):
        raise SpecError(
            "The discriminator's ratio is no larger for data than for samples: no temperature "
            "makes it an estimate. Export it as it is."
        )
    model = build(1 / temperature)
    if "log_density_ratio" not in model.signatures:
        raise SpecError(f"{run.experiment.model} is served without a ratio to be calibrated.")
    fitted = {"temperature": temperature, "data": run.experiment.data, "split": "validation"}
    return dataclasses.replace(model, metadata={"log_density_ratio": fitted})


def with_origin(model: Servable, run: Run) -> Servable:
    """The servable with its run's folder, specs and steps in its metadata."""
    settings = run.experiment
    origin = {
        "folder": str(run.folder.path.resolve()),
        "data": settings.data,
        "model": settings.model,
        "objective": settings.objective,
        "step": run.step,
    }
    return dataclasses.replace(model, metadata=model.metadata | {"run": origin})


def require_same_run(model_folder: pathlib.Path, run: Run) -> None:
    """Raises ExportError if the newest version there is of a run in another folder.

    Versions from before origins were recorded are taken for those of any run.
    """
    there = versions(model_folder)
    if not there:
        return
    newest = model_folder / str(there[-1])
    file = newest / METADATA
    try:
        origin = json.loads(file.read_text(encoding="utf-8"))["run"]["folder"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    if origin != str(run.folder.path.resolve()):
        raise ExportError(
            f"{newest} is of the run {origin}, not of {run.folder.path}. Give another --name, or "
            "--another_run to serve this one in its place."
        )


def signatures(
    run: Run, sampler: str | None, length: int | None, ratio_scale: float, refine: str | None = None
) -> Servable:
    """The signatures of a run's model; see `export.export`.

    Args:
        run: a trained run.
        sampler: see `export.export`.
        length: see `export.export`.
        ratio_scale: a factor of the log density ratio.
        refine: see `export.export`.
    """
    estimator, refiner = ratio_estimator(run, ratio_scale), None
    if refine is not None:
        refiner = _refiner(run, refine)
    if run.domain.kind == "text":
        return text_signatures.build(run.generator, sampler, length, estimator, refiner)
    drawn = "points" if run.domain.kind == "points" else "images"
    if length is not None:
        raise SpecError(f"{run.experiment.model} draws {drawn}: it has no length.")
    if isinstance(run.generator, SequenceModel):
        return likelihood_image_signatures.build(run.generator, sampler)
    if sampler is not None:
        raise SpecError(f"{run.experiment.model} draws {drawn} from noise: it has no sampler.")
    if run.domain.kind == "points":
        return point_signatures.build(run.generator, run.domain.dimension, estimator, refiner)
    return image_signatures.build(run.generator, run.domain.shape, estimator, refiner)


def _refiner(run, refine):
    if not samplers.is_refinement(refine):
        raise SpecError(
            f"refine={refine} should be refine(candidates=...) or refine(acceptance=...)."
        )
    return Refiner(run, refine, run.calibration_temperature)


def ratio_estimator(run: Run, scale: float) -> RatioEstimator | None:
    """Builds the estimator of a run's log density ratio, at the π of its last update.

    Args:
        run: a trained run.
        scale: a factor of the estimates, such as 1 / `run.calibration_temperature`.

    Returns:
        The estimator; None where the run's objective has no density ratio.
    """
    objective, step = run.objective, estimate.last_update(run)
    if not isinstance(objective, EstimatesDensityRatio):
        return None
    return RatioEstimator(
        run.model.discriminator, lambda logits: scale * objective.log_density_ratio(logits, step)
    )


def check(folder: pathlib.Path) -> None:
    """Raises ExportError unless a fresh process gets the recorded answers from a version."""
    script = pathlib.Path(__file__).with_name("checking.py")
    ended = subprocess.run(
        [sys.executable, "-P", str(script), str(folder)],
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"},  # this process may hold all its memory
        capture_output=True,
        text=True,
    )
    if ended.returncode != 0:
        raise ExportError(
            "What was written does not answer as the run does, and was thrown away; what was "
            f"served is untouched. {_last_words(ended)}"
        )


def _last_words(ended):
    if ended.stdout:
        return " ".join(ended.stdout.split("\n")).strip()
    return f"The check ended with {ended.returncode}: {ended.stderr.strip()[-2000:]}"
