"""Loads trained runs and published models."""

import dataclasses
import pathlib

from zoo.errors import require
from zoo.pretrained import index, manifest, weights
from zoo.runs import best, building
from zoo.runs.experiment import Experiment
from zoo.runs.run import Run
from zoo.runs.run_folder import RunFolder


def load(
    workdir: str,
    data_dir: str | None = None,
    allow_changed_data: bool = False,
    checkpoint: str | None = None,
) -> Run:
    """Loads a run: networks with the weights of its best or latest checkpoint, in float32.

    Args:
        workdir: the run folder.
        data_dir: where tensorflow-datasets keeps its data; None: as the run was given it.
        allow_changed_data: see `Run`.
        checkpoint: "latest"; "best", of a run with `keep_best`; None: the best of a run that
            keeps it and has been validated, else the latest.

    Returns:
        A `Run`; its generator has the EMA weights if the run kept them.

    Raises:
        SpecError: another word for a checkpoint.
        RunFolderError: the folder holds no run, or no such checkpoint, or it is damaged.
    """
    run = _untrained(RunFolder(workdir), data_dir=data_dir)
    components = _components(run)
    if run.experiment.average_decay > 0:
        components["average"] = components.pop("generator")
    step = best.load(run.folder, run.experiment.keep_best, components, checkpoint)
    return dataclasses.replace(
        run, step=step, allow_changed_data=allow_changed_data, checkpoint=checkpoint
    )


def load_pretrained(
    address: str,
    data: str | None = None,
    data_dir: str | None = None,
    allow_changed_data: bool = False,
) -> Run:
    """Loads a published model, whose files are checked against their SHA-256 first.

    Args:
        address: its name, see `zoo.pretrained.names`; the folder of a published model; or an
            address, see `zoo.pretrained.addresses`.
        data: the spec of its data here, for a model that was trained on files; None: as in its
            card. Data with other digests than those that it was trained on are refused.
        data_dir: where tensorflow-datasets keeps its data; None: its usual place.
        allow_changed_data: see `Run`.

    Returns:
        A `Run`, as `load` gives of a run folder; its `step` is that of the published weights.

    Raises:
        PretrainedError: there is no such model, or a file of it is missing or damaged.
    """
    path = index.locate(address)
    run = _untrained(RunFolder(path), data, data_dir)
    found = weights.load(path / "model.safetensors", _components(run))
    temperature = found.get("calibration_temperature")
    return dataclasses.replace(
        run,
        step=int(found["step"]),
        allow_changed_data=allow_changed_data,
        results=pathlib.Path("evaluations", manifest.model_name(path)),
        published_temperature=None if temperature is None else float(temperature),
    )


def load_either(address: str) -> Run:
    """Loads a run by its folder, or a published model by its name, folder or address.

    Raises:
        SpecError: it is the name of a model and of a run folder here.
    """
    require(
        not (address in index.names() and RunFolder(address).exists()),
        f"{address} is a published model, and a run folder here. Write ./{address} for the folder, "
        "or move it.",
    )
    if index.is_published(address):
        return load_pretrained(address)
    return load(address)


def _untrained(folder, data=None, data_dir=None):
    """The run of a folder with new weights."""
    settings, domain = folder.read()
    changes = {"data": data, "data_dir": data_dir}
    given = {name: value for name, value in changes.items() if value is not None}
    experiment = Experiment.recorded(settings | given, folder.path)
    parts = building.compose(experiment)
    with building.policy("float32"):
        model = parts.network(domain)
    return Run(folder, experiment, domain, model, parts.objective, step=0)


def _components(run):
    return {name: network.variables for name, network in run.model.networks().items()}
