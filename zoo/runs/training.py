"""Trains an experiment, or continues it."""

import contextlib

from zoo.runs import (
    building,
    continuing,
    datasets,
    fitting,
    initial_weights,
    strategies,
    teaching,
)
from zoo.runs.experiment import Experiment
from zoo.runs.loading import load
from zoo.runs.run import Run
from zoo.runs.run_folder import RunFolder
from zoo.runs.state import State


def train(experiment: Experiment, workdir: str, allow_changed_data: bool = False) -> Run:
    """Trains an experiment, or continues it from the latest checkpoint in its run folder.

    A run that was killed at any moment and continued has the weights, bit by bit on a CPU, of
    the run that was not.

    Args:
        experiment: the experiment.
        workdir: the run folder; made if it is not there.
        allow_changed_data: whether a run is continued on other examples than it began with.

    Returns:
        The trained run.

    Raises:
        SpecError: the parts do not fit each other, or not the runs to initialise from or the
            teacher; validation logs no figure `keep_best`; or the learning rate would be 0 for
            the steps that are left, since a cosine ends before them.
        DataError: the data is not to be had.
        RunFolderError: the folder is not writable, in use, or holds another experiment; the
            data has changed since the run began; or the folder to initialise from holds no run.
        WorkerError: another worker of the run is gone, or sees another run folder.
        TrainingDivergedError: a logged value is no longer finite.
        KeyboardInterrupt: Ctrl-C or SIGTERM came; the run can be continued.
    """
    strategy = strategies.strategy(experiment)  # first: workers meet before TensorFlow does work
    parts = building.compose(experiment)
    folder, writes = RunFolder(workdir), strategies.is_chief(strategy)
    continuing.require_not_published(folder)
    with folder.held() if writes else contextlib.nullcontext():
        experiment = continuing.settled(experiment, parts.specs, folder)
        dataset, digests = datasets.read(
            parts.specs.data, experiment.data_dir, folder, allow_changed_data
        )
        for note in dataset.notes:
            print(note)
        with strategy.scope():
            trainer = building.build_trainer(experiment, parts, dataset.domain)
        state = State(experiment, trainer, folder, writes)
        strategies.require_same_step(strategy, state.first_step, folder.path)
        if state.first_step > 0:
            print(f"{folder.path} holds {state.first_step} steps already.")
        if state.unfinished:
            with strategy.scope():
                teacher = teaching.teach(trainer, parts.objective, dataset.domain, folder)
            if state.first_step == 0:
                initial_weights.initialise(experiment, parts, trainer, dataset.domain)
            with strategies.workers_watched(strategy):
                fitting.fit(experiment, strategy, dataset, folder, state, digests, teacher)
        elif writes:
            folder.data_moved_to(experiment.data)
        strategies.total(strategy, 0)  # the last checkpoint is written now
        if state.record.ended:
            print(f"\n{state.record.sentence(folder.path)}")
    return load(workdir, allow_changed_data=allow_changed_data)
