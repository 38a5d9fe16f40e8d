"""Compares an experiment with the one that a run folder records."""

import dataclasses
import os

from zoo.errors import RunFolderError, SpecError
from zoo.pretrained import index, manifest
from zoo.runs import building
from zoo.runs.experiment import INITIAL, MAY_CHANGE, Experiment
from zoo.runs.run_folder import RunFolder


def settled(experiment: Experiment, specs: building.Specs, folder: RunFolder) -> Experiment:
    """Settles what a run folder is to record of an experiment.

    Args:
        experiment: the experiment to train in the folder.
        specs: its specs.
        folder: the run folder.

    Returns:
        The experiment with absolute paths and the step at which its cosine ends; when a run is
        continued, with the specs as they are recorded.

    Raises:
        RunFolderError: the folder holds another experiment.
        SpecError: there are steps after the end of the cosine, at a learning rate of 0.
    """
    recorded = Experiment.recorded(folder.read()[0], folder.path) if folder.exists() else None
    ends = experiment.decay_steps or (recorded or experiment).decay_steps or experiment.steps
    if experiment.decay == "cosine" and ends < experiment.steps:
        raise SpecError(
            f"The cosine of the run in {folder.path} ends at step {ends}: the learning rate is 0 "
            f"from there to --steps={experiment.steps}, and nothing is learnt. Give "
            f"--decay_steps={experiment.steps} to have it end there, or stay at --steps={ends}."
        )
    fields = _with_absolute_paths(experiment, specs) | {"decay_steps": ends}
    if recorded is not None:
        fields |= _recorded_fields(experiment, recorded, specs, folder)
        if experiment.decay == "cosine" and ends != recorded.decay_steps:
            print(
                f"The cosine now ends at step {ends}; before it ended at step "
                f"{recorded.decay_steps}."
            )
    return dataclasses.replace(experiment, **fields)


def _recorded_fields(experiment, recorded, specs, folder):
    """The recorded values of the fields that may not change, once they are found to agree."""
    fixed = [f.name for f in dataclasses.fields(Experiment) if f.name not in MAY_CHANGE]
    begun = building.read(recorded)
    before, now = _meanings(recorded, begun), _meanings(experiment, specs)
    if _moved(begun.data, specs.data):
        fixed.remove("data")
    changed = [
        f"--{name} was {getattr(recorded, name)!r}, now {getattr(experiment, name)!r}"
        for name in fixed
        if before[name] != now[name]
    ]
    if changed:
        raise RunFolderError(
            f"{folder.path} holds another experiment: {'; '.join(changed)}. "
            "Give the same flags to continue it, or a new --workdir."
        )
    return {name: getattr(recorded, name) for name in fixed}


def require_not_published(folder: RunFolder) -> None:
    """Raises RunFolderError if a folder holds a published model, which training would change."""
    if (folder.path / manifest.FILE).is_file():
        raise RunFolderError(
            f"{folder.path} holds a published model, which stays as it is. Give another --workdir, "
            f"and --init_from={folder.path} to begin with its weights."
        )


def _meanings(experiment, specs):
    """The values of the fields, equal for two spellings of the same experiment."""
    values = dataclasses.asdict(experiment)
    values |= {name: part.meaning() for name, part in specs._asdict().items()}
    for name in INITIAL:
        if values[name] is not None:
            values[name] = os.path.realpath(os.path.expanduser(values[name]))
    return values


def _moved(before, now):
    """True where the data set is the recorded one but for files that are no longer there.

    Whether their content is the same is for the digests to say.
    """
    same = before.meaning(with_files=False) == now.meaning(with_files=False)
    return same and not all(file.exists() for file in before.files())


def _with_absolute_paths(experiment, specs):
    """The fields with paths that hold in another working directory."""
    paths = {
        name: os.path.abspath(os.path.expanduser(getattr(experiment, name)))
        for name in (*INITIAL, "data_dir")
        if getattr(experiment, name) and not index.is_name(getattr(experiment, name))
    }
    return paths | {"data": specs.data.text, "objective": specs.objective.text}
