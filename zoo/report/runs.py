"""Loads and checks the runs of a report before any work."""

import dataclasses
import json
import pathlib

from zoo import report, spec
from zoo.errors import RunFolderError
from zoo.pretrained import card
from zoo.runs import loading, seeds
from zoo.runs.evaluation import Evaluation
from zoo.runs.run import Run


def load(
    workdirs: list[str],
    data_dir: str | None,
    sampler: str | None,
    allow_changed_data: bool = False,
    checkpoint: str | None = None,
) -> list[Run]:
    """Loads runs to evaluate side by side.

    Args:
        workdirs: their folders; one that holds runs of several seeds stands for all of them.
        data_dir: where tensorflow-datasets keeps its data; None: as in training.
        sampler: the spec of a sampler; None: ancestral sampling from the model's probabilities.
        allow_changed_data: True to accept data that changed since the run started.
        checkpoint: "latest" or "best"; None: as `zoo.load` chooses.

    Raises:
        RunFolderError: a folder is given twice, or it contains no run or no checkpoint.
        SpecError: the sampler is unknown, or does not apply to one of the models.
        ZooError: a folder is read-only.
    """
    workdirs = [path for workdir in workdirs for path in seeds.folders(workdir)]
    folders = [pathlib.Path(workdir).expanduser().resolve() for workdir in workdirs]
    for workdir, folder in zip(workdirs, folders, strict=True):
        if folders.count(folder) > 1:
            raise RunFolderError(f"--workdir={workdir} is given more than once.")
    if sampler is not None:
        spec.build("samplers", sampler)
    loaded = [
        loading.load(workdir, data_dir, allow_changed_data, checkpoint) for workdir in workdirs
    ]
    for run in loaded:
        report.writable(
            run.folder.path / "metrics.json",
            "Results are written to the run folder: copy it to a writable place and pass the copy "
            "as --workdir.",
        )
    return [_with_sampler(run, sampler) for run in loaded]


def load_pretrained(
    addresses: list[str],
    data: str | None,
    data_dir: str | None,
    sampler: str | None,
    allow_changed_data: bool = False,
) -> list[Run]:
    """Loads published models to evaluate; results go to the folder evaluations/NAME.

    Args:
        addresses: their names, folders or addresses.
        data: the spec of their data here; None: as in their cards.
        data_dir: where tensorflow-datasets keeps its data.
        sampler: the spec of a sampler; None: ancestral sampling from the model's probabilities.
        allow_changed_data: True to accept other data than those the models were trained on.

    Raises:
        PretrainedError: there is no such model, or a file of it is damaged.
        SpecError: the sampler does not apply to one of the models.
    """
    loaded = [
        loading.load_pretrained(address, data, data_dir, allow_changed_data)
        for address in addresses
    ]
    for run in loaded:
        run.results_folder.mkdir(parents=True, exist_ok=True)
    return [_with_sampler(run, sampler) for run in loaded]


def beside_published(evaluations: list[Evaluation]) -> list[str]:
    """Compares evaluations of published models with the figures of their cards, a line each."""
    lines = []
    for evaluation in evaluations:
        run, settings = evaluation.run, evaluation.settings
        if run.results is None:
            continue
        published = json.loads((run.folder.path / "metrics.json").read_text(encoding="utf-8"))
        given = published["evaluation"]
        if (settings.count, settings.seed) != (given["count"], given["seed"]):
            flags = f"--count={given['count']} --seed={given['seed']}"
            lines.append(f"{run.results.name}: give {flags} to compare with its card.")
            continue
        if run.sampler != given["sampler"]:
            lines.append(f"{run.results.name}: leave out --sampler to compare with its card.")
            continue
        records = {name: dataclasses.asdict(one) for name, one in evaluation.measured.items()}
        lines.append(f"{run.results.name}: {card.agreement(records, published['metrics'])}")
    return lines


def _with_sampler(run, sampler):
    run = dataclasses.replace(run, sampler=sampler or run.sampler)
    run.require_sampler()
    return run
