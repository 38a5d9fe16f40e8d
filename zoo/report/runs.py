"""Loads and checks the runs of a report before any work."""

import dataclasses
import pathlib

from zoo import report, spec
from zoo.errors import RunFolderError, require
from zoo.models.base.sequence_model import SequenceModel
from zoo.runs import loading
from zoo.runs.run import Run


def load(
    workdirs: list[str],
    data_dir: str | None,
    sampler: str | None,
    allow_changed_data: bool = False,
) -> list[Run]:
    """Loads runs to evaluate side by side.

    Args:
        workdirs: their folders.
        data_dir: where tensorflow-datasets keeps its data; None: as in training.
        sampler: the spec of a sampler; None: ancestral sampling from the model's probabilities.
        allow_changed_data: True to accept data that changed since the run started.

    Raises:
        RunFolderError: a folder is given twice, or it contains no run or no checkpoint.
        SpecError: the sampler is unknown, or does not apply to one of the models.
        ZooError: a folder is read-only.
    """
    folders = [pathlib.Path(workdir).expanduser().resolve() for workdir in workdirs]
    for workdir, folder in zip(workdirs, folders, strict=True):
        if folders.count(folder) > 1:
            raise RunFolderError(f"--workdir={workdir} is given more than once.")
    if sampler is not None:
        spec.build("samplers", sampler)
    loaded = [loading.load(workdir, data_dir, allow_changed_data) for workdir in workdirs]
    for run in loaded:
        report.writable(
            run.folder.path / "metrics.json",
            "Results are written to the run folder: copy it to a writable place and pass the copy "
            "as --workdir.",
        )
        require(
            sampler is None or isinstance(run.generator, SequenceModel),
            f"{run.experiment.model} generates an example in one pass: sampler={sampler} does not "
            "apply to it.",
        )
    return [dataclasses.replace(run, sampler=sampler or run.sampler) for run in loaded]
