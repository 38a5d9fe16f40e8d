"""Compares an experiment with the one that a run folder records."""

import dataclasses
import os

from zoo import spec
from zoo.errors import RunFolderError
from zoo.pretrained import index
from zoo.runs import optimizers
from zoo.runs.experiment import INITIAL, MAY_CHANGE, Experiment
from zoo.runs.run_folder import RunFolder

_FOLDERS = {"data": "data", "model": "models", "objective": "objectives"}


def settled(experiment: Experiment, data: spec.Part, folder: RunFolder) -> Experiment:
    """Settles what a run folder is to record of an experiment.

    Args:
        experiment: the experiment to train in the folder.
        data: the data set that it names.
        folder: the run folder.

    Returns:
        The experiment with absolute paths and the step at which its cosine ends; when a run is
        continued, with the specs as they are recorded.

    Raises:
        RunFolderError: the folder holds another experiment.
    """
    recorded = Experiment(**folder.read()[0]) if folder.exists() else None
    ends = experiment.decay_steps or (recorded or experiment).decay_steps or experiment.steps
    experiment = dataclasses.replace(experiment, decay_steps=ends)
    kept = {} if recorded is None else _recorded_fields(experiment, recorded, data, folder)
    return dataclasses.replace(_with_absolute_paths(experiment, data), **kept)


def _recorded_fields(experiment, recorded, data, folder):
    """The recorded values of the fields that may not change, once they are found to agree."""
    fixed = [f.name for f in dataclasses.fields(Experiment) if f.name not in MAY_CHANGE]
    if _moved(recorded, data):
        fixed.remove("data")
    changed = [
        f"--{name} was {getattr(recorded, name)!r}, now {getattr(experiment, name)!r}"
        for name in fixed
        if not _same(name, getattr(recorded, name), getattr(experiment, name))
    ]
    if changed:
        raise RunFolderError(
            f"{folder.path} holds another experiment: {'; '.join(changed)}. "
            "Give the same flags to continue it, or a new --workdir."
        )
    if experiment.decay == "cosine" and experiment.decay_steps != recorded.decay_steps:
        print(
            f"The cosine now ends at step {experiment.decay_steps}; before it ended at step "
            f"{recorded.decay_steps}."
        )
    return {name: getattr(recorded, name) for name in fixed}


def _same(name, before, now):
    """Compares two values of a field by their meaning."""
    if before == now:
        return True
    if name in _FOLDERS:
        first, second = (spec.read(_FOLDERS[name], text) for text in (before, now))
        return first.meaning() == second.meaning()
    if name == "optimizer":
        return optimizers.meaning(before) == optimizers.meaning(now)
    if name in INITIAL and None not in (before, now):
        return len({os.path.realpath(os.path.expanduser(path)) for path in (before, now)}) == 1
    return False


def _moved(recorded, data):
    """True where the data set is the recorded one but for files that are no longer there.

    Whether their content is the same is for the digests to say.
    """
    if recorded.data == data.text:
        return False
    before = spec.read("data", recorded.data)
    same = before.meaning(with_files=False) == data.meaning(with_files=False)
    return same and not all(file.exists() for file in before.files())


def _with_absolute_paths(experiment, data):
    """The experiment with paths that hold in another working directory."""
    paths = {
        name: os.path.abspath(os.path.expanduser(getattr(experiment, name)))
        for name in (*INITIAL, "data_dir")
        if getattr(experiment, name) and not index.is_published(getattr(experiment, name))
    }
    return dataclasses.replace(experiment, data=data.with_absolute_paths(), **paths)
