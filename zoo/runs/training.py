"""Trains an experiment, or continues it."""

import contextlib
import dataclasses
import functools

from zoo.data.base import grey
from zoo.data.base.splits import Dataset, batches
from zoo.errors import SpecError
from zoo.runs import (
    building,
    callbacks,
    checkpoints,
    continuing,
    digests,
    health,
    initial_weights,
    previews,
    strategies,
)
from zoo.runs.experiment import Experiment
from zoo.runs.loading import load, load_either
from zoo.runs.run import Run
from zoo.runs.run_folder import RunFolder

_VALIDATION_BATCHES = 8


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
        SpecError: the parts do not fit each other, or not the run to initialise from; or the
            learning rate would be 0 for the steps that are left, since a cosine ends before them.
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
    with folder.held() if writes else contextlib.nullcontext():
        experiment = continuing.settled(experiment, parts.data, folder)
        dataset = parts.data.build(experiment.data_dir)
        if folder.exists():
            dataset = grey.as_recorded(dataset, folder.read()[1])
        data = digests.of_data(dataset, parts.data.files())
        if folder.exists():
            folder.require_same_data(dataset.domain, data, allow_changed_data)
        for note in dataset.notes:
            print(note)
        with strategy.scope():
            trainer = building.build_trainer(experiment, parts, dataset.domain)
        saved = checkpoints.Checkpoints(folder.checkpoints, trainer.components(), writes)
        first_step = saved.restore()
        strategies.require_same_step(strategy, first_step, folder.path)
        if 0 < first_step < experiment.steps:
            folder.require_same_stream()
        if first_step > 0:
            print(f"{folder.path} holds {first_step} steps already.")
        elif experiment.init_from is not None:
            other = load_either(experiment.init_from)
            initial_weights.take(trainer, parts.model, dataset.domain, other)
        if folder.exists() and writes:
            folder.data_moved_to(experiment.data)
        if first_step < experiment.steps:
            _require_learning(experiment, folder)
            if writes:
                folder.write(dataclasses.asdict(experiment), dataset.domain, data)
            with strategies.workers_watched(strategy):
                _fit(experiment, strategy, trainer, dataset, folder, saved, first_step)
        strategies.total(strategy, 0)  # the last checkpoint is written now
    return load(workdir, allow_changed_data=allow_changed_data)


def _fit(experiment, strategy, trainer, dataset: Dataset, folder, saved, first_step):
    """Makes the steps that are left, then saves."""
    labelled = dataset.domain.num_classes > 0
    steps = first_step, experiment.steps
    data = strategies.fed(strategy, trainer, dataset, experiment.seed, steps)
    held_out = list(
        batches(dataset.validation, experiment.batch_size, 0, 0, _VALIDATION_BATCHES, labelled)
    )
    writers = []
    if strategies.is_chief(strategy):
        preview = previews.Previews(trainer, dataset, folder.samples)
        checks = health.HealthChecks(first_step)
        writers = [
            callbacks.Progress(first_step, experiment.steps),
            callbacks.Scalars(
                first_step, folder.logs, held_out, experiment.sample_every, checks.validated
            ),
            checks,
            callbacks.Every(first_step, experiment.sample_every, preview.write),
        ]
    with callbacks.signals() as received:
        around = [
            callbacks.StopAtNaN(first_step),
            *writers,
            callbacks.Every(first_step, experiment.checkpoint_every, saved.save),
            callbacks.StopWhen(received, functools.partial(strategies.total, strategy)),
        ]
        left = experiment.steps - first_step
        trainer.fit(data, steps_per_epoch=left, shuffle=False, verbose=0, callbacks=around)
        step = int(trainer.step.numpy())
        saved.save(step)
    if step < experiment.steps:
        raise KeyboardInterrupt(
            f"Stopped and saved at step {step} of {experiment.steps}. "
            "The same command goes on from there."
        )


def _require_learning(experiment, folder):
    """Refuses steps after the end of the cosine, at which the learning rate is 0."""
    end, steps = experiment.decay_steps, experiment.steps
    if experiment.decay == "cosine" and end < steps:
        raise SpecError(
            f"The cosine of the run in {folder.path} ends at step {end}: the learning rate is 0 "
            f"from there to --steps={steps}, and nothing is learnt. Give --decay_steps={steps} to "
            f"have it end there, or stay at --steps={end}."
        )
