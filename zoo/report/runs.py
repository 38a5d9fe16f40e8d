"""The runs that are measured, checked before any work."""

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
    """Loads runs to be measured side by side.

    Args:
        workdirs: their folders.
        data_dir: where tensorflow-datasets keeps its data; None: as each run was given it.
        sampler: the spec of how symbols are drawn; None: by the model's own probabilities.
        allow_changed_data: whether data may have changed since a run began.

    Raises:
        RunFolderError: a folder is given twice, or it holds no run or no checkpoint.
        SpecError: the sampler is unknown, or one of the models has no use for it.
        ZooError: a folder may not be written to.
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
            "Results are kept in the run folder: copy it to where you may write, and give the "
            "copy as --workdir.",
        )
        require(
            sampler is None or isinstance(run.generator, SequenceModel),
            f"{run.experiment.model} draws an example at once: it has no use for "
            f"sampler={sampler}.",
        )
    return [dataclasses.replace(run, sampler=sampler or run.sampler) for run in loaded]
