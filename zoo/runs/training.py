"""Trains an experiment, or continues it."""

import contextlib
import dataclasses
import functools

import tensorflow as tf

from zoo.data.base import grey
from zoo.data.base.splits import Dataset, batches
from zoo.errors import SpecError, require
from zoo.objectives.base.contracts import DistillationObjective
from zoo.runs import (
    best,
    building,
    callbacks,
    checkpoints,
    continuing,
    digests,
    health,
    initial_weights,
    matching,
    previews,
    strategies,
    teaching,
)
from zoo.runs.experiment import Experiment
from zoo.runs.loading import load, load_either
from zoo.runs.run import Run
from zoo.runs.run_folder import RunFolder
from zoo.trainers.base.with_discriminator import WithDiscriminator
from zoo.trainers.discriminative import Discriminative

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
    _require_one_validation(experiment)
    strategy = strategies.strategy(experiment)  # first: workers meet before TensorFlow does work
    parts = building.compose(experiment)
    _require_initial_weights(experiment, parts)
    folder, writes = RunFolder(workdir), strategies.is_chief(strategy)
    with folder.held() if writes else contextlib.nullcontext():
        experiment = continuing.settled(experiment, parts.specs, folder)
        dataset = parts.specs.data.build(experiment.data_dir)
        if folder.exists():
            dataset = grey.as_recorded(dataset, folder.read()[1])
        data = digests.of_data(dataset, parts.specs.data.files())
        if folder.exists():
            folder.require_same_data(dataset.domain, data, allow_changed_data)
        for note in dataset.notes:
            print(note)
        with strategy.scope():
            trainer = building.build_trainer(experiment, parts, dataset.domain)
        record = best.BestRecord(experiment.keep_best, experiment.patience)
        components = trainer.components() | record.components()
        saved = checkpoints.Checkpoints(folder.checkpoints, components, writes)
        first_step = saved.restore()
        strategies.require_same_step(strategy, first_step, folder.path)
        unfinished = first_step < experiment.steps and not record.ended
        teacher = None
        if unfinished and isinstance(parts.objective, DistillationObjective):
            with strategy.scope():
                model, teacher = teaching.teacher_of(parts.objective, dataset.domain, folder)
            trainer.learn_from(model)
        if first_step > 0 and unfinished:
            folder.require_same_stream()
        if first_step > 0:
            print(f"{folder.path} holds {first_step} steps already.")
        else:
            _require_logged(experiment, trainer, dataset)
            _initialise(experiment, parts, trainer, dataset)
        if folder.exists() and writes:
            folder.data_moved_to(experiment.data)
        if unfinished:
            _require_learning(experiment, folder)
            if writes:
                folder.write(dataclasses.asdict(experiment), dataset.domain, data, teacher)
            with strategies.workers_watched(strategy):
                _fit(experiment, strategy, trainer, dataset, folder, saved, record, first_step)
        strategies.total(strategy, 0)  # the last checkpoint is written now
        if record.ended:
            print(f"\n{record.sentence(folder.path)}")
    return load(workdir, allow_changed_data=allow_changed_data)


def _require_logged(experiment, trainer, dataset):
    """Refuses to choose by a figure that validation does not log, as tracing it shows."""
    if experiment.keep_best is None:
        return
    (batch,) = _held_out(experiment, dataset, 1)
    test_step = tf.function(trainer.test_step)
    logged = test_step.get_concrete_function(batch, tf.constant(0, tf.int64)).structured_outputs
    best.require_known(experiment.keep_best, logged)


def _require_one_validation(experiment):
    """Refuses to end early where only one of several workers validates."""
    require(
        experiment.patience == 0 or experiment.strategy != "multi_worker",
        "Of several workers one validates, and the others would not know when to end: leave out "
        "--patience with --strategy=multi_worker.",
    )


def _require_initial_weights(experiment, parts):
    """Refuses a fixed generator that no run has trained, and initial weights for no network."""
    kind = matching.kind_of(parts.trainer)
    require(
        experiment.init_from is not None or not issubclass(kind, Discriminative),
        f"{experiment.objective} trains the discriminator alone, and keeps the generator of "
        "another run: name it with --init_from=RUN.",
    )
    require(
        experiment.init_discriminator_from is None or issubclass(kind, WithDiscriminator),
        f"{experiment.objective} trains no discriminator: leave --init_discriminator_from out.",
    )


def _initialise(experiment, parts, trainer, dataset):
    """Gives the trainer's networks the weights of the runs that the experiment names."""
    if experiment.init_from is not None:
        other = load_either(experiment.init_from)
        initial_weights.take(trainer, parts.specs.model, dataset.domain, other)
    if experiment.init_discriminator_from is not None:
        other = load_either(experiment.init_discriminator_from)
        initial_weights.take_discriminator(trainer.discriminator, dataset.domain, other)


def _held_out(experiment, dataset, count=_VALIDATION_BATCHES):
    """The first batches that every validation measures."""
    labelled = dataset.domain.num_classes > 0
    return list(batches(dataset.validation, experiment.batch_size, 0, 0, count, labelled))


def _fit(experiment, strategy, trainer, dataset: Dataset, folder, saved, record, first_step):
    """Makes the steps that are left, then saves."""
    steps = first_step, experiment.steps
    data = strategies.fed(strategy, trainer, dataset, experiment.seed, steps)
    keeper = best.KeepBest(first_step, record, folder.best, saved)
    lent = contextlib.nullcontext if experiment.keep_best is None else trainer.averaged
    writers = []
    if strategies.is_chief(strategy):
        preview = previews.Previews(trainer, dataset, folder.samples)
        checks = health.HealthChecks(first_step)

        def validated(step, figures):
            checks.validated(step, figures)
            keeper.validated(step, figures)

        writers = [
            callbacks.Progress(first_step, experiment.steps),
            callbacks.Scalars(
                first_step,
                folder.logs,
                _held_out(experiment, dataset),
                experiment.sample_every,
                validated,
                lent,
            ),
            checks,
            callbacks.Every(first_step, experiment.sample_every, preview.write),
            keeper,
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
    if step < experiment.steps and not record.ended:
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
