"""Loads trained runs."""

import dataclasses

from zoo.runs import building, checkpoints
from zoo.runs.experiment import Experiment
from zoo.runs.run import Run
from zoo.runs.run_folder import RunFolder


def load(workdir: str, data_dir: str | None = None, allow_changed_data: bool = False) -> Run:
    """Loads a run: networks with the weights of the latest checkpoint, in float32.

    Args:
        workdir: the run folder.
        data_dir: where tensorflow-datasets keeps its data; None: as the run was given it.
        allow_changed_data: see `Run`.

    Returns:
        A `Run`; its generator has the EMA weights if the run kept them.

    Raises:
        RunFolderError: the folder holds no run, or no checkpoint yet.
    """
    folder = RunFolder(workdir)
    settings, domain = folder.read()
    experiment = Experiment(**settings)
    if data_dir is not None:
        experiment = dataclasses.replace(experiment, data_dir=data_dir)
    parts = building.compose(experiment)
    with building.policy("float32"):
        model = parts.network(domain)
    components = {name: network.variables for name, network in model.networks().items()}
    if experiment.average_decay > 0:
        components["average"] = components.pop("generator")
    step = checkpoints.load(folder.checkpoints, components)
    return Run(
        folder,
        experiment,
        domain,
        model,
        parts.objective,
        step,
        allow_changed_data=allow_changed_data,
    )
