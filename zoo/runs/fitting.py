"""Makes the steps of a run that are left."""

import contextlib
import dataclasses
import functools

import keras
import tensorflow as tf

from zoo.batch import Batch
from zoo.data.base.splits import Dataset, batches
from zoo.runs import best, callbacks, health, previews, strategies
from zoo.runs.experiment import Experiment
from zoo.runs.run_folder import RunFolder
from zoo.runs.state import State

_VALIDATION_BATCHES = 8


def fit(
    experiment: Experiment,
    strategy: tf.distribute.Strategy,
    dataset: Dataset,
    folder: RunFolder,
    state: State,
    digests: dict[str, str],
    teacher: str | None,
) -> None:
    """Makes the steps that are left, with previews, validations and checkpoints; then saves.

    The run folder records the experiment first.

    Args:
        experiment: the experiment.
        strategy: the strategy that the trainer was built with.
        dataset: the data set.
        folder: the run folder.
        state: the training state.
        digests: those of the data.
        teacher: the digest of the teacher's weights, where there is one.

    Raises:
        SpecError: validation does not log the figure `keep_best`.
        RunFolderError: the run began with other random numbers, or cannot be saved.
        TrainingDivergedError: a logged value is no longer finite.
        KeyboardInterrupt: Ctrl-C or SIGTERM came; the state is saved.
    """
    trainer, first_step = state.trainer, state.first_step
    if first_step > 0:
        folder.require_same_stream()
    elif experiment.keep_best is not None:
        _require_logged(experiment, trainer, dataset)
    chief = strategies.is_chief(strategy)
    if chief:
        folder.write(dataclasses.asdict(experiment), dataset.domain, digests, teacher)
    data = strategies.fed(
        strategy, trainer, dataset, experiment.seed, (first_step, experiment.steps)
    )
    with callbacks.signals() as received:
        around = [
            callbacks.StopAtNaN(first_step),
            *(_written(experiment, dataset, folder, state) if chief else ()),
            callbacks.Every(first_step, experiment.checkpoint_every, state.checkpoints.save),
            callbacks.StopWhen(received, functools.partial(strategies.total, strategy)),
        ]
        left = experiment.steps - first_step
        trainer.fit(data, steps_per_epoch=left, shuffle=False, verbose=0, callbacks=around)
        step = int(trainer.step.numpy())
        state.checkpoints.save(step)
    if step < experiment.steps and not state.record.ended:
        raise KeyboardInterrupt(
            f"Stopped and saved at step {step} of {experiment.steps}. "
            "The same command goes on from there."
        )


def _written(experiment, dataset, folder, state) -> list[keras.callbacks.Callback]:
    """Progress, validations, previews and the best checkpoint, which one process writes."""
    trainer, first_step = state.trainer, state.first_step
    keeper = best.KeepBest(first_step, state.record, folder.best, state.checkpoints)
    checks = health.HealthChecks(first_step)

    def validated(step, figures):
        checks.validated(step, figures)
        keeper.validated(step, figures)

    return [
        callbacks.Progress(first_step, experiment.steps),
        callbacks.Scalars(
            first_step,
            folder.logs,
            _held_out(experiment, dataset),
            experiment.sample_every,
            validated,
            contextlib.nullcontext if experiment.keep_best is None else trainer.averaged,
        ),
        checks,
        callbacks.Every(
            first_step,
            experiment.sample_every,
            previews.Previews(trainer, dataset, folder.samples).write,
        ),
        keeper,
    ]


def _require_logged(experiment, trainer, dataset):
    """Refuses to choose by a figure that validation does not log, as tracing it shows."""
    (batch,) = _held_out(experiment, dataset, 1)
    test_step = tf.function(trainer.test_step)
    logged = test_step.get_concrete_function(batch, tf.constant(0, tf.int64)).structured_outputs
    best.require_known(experiment.keep_best, logged)


def _held_out(experiment, dataset, count=_VALIDATION_BATCHES) -> list[Batch]:
    """The first batches that every validation measures."""
    labelled = dataset.domain.num_classes > 0
    return list(batches(dataset.validation, experiment.batch_size, 0, 0, count, labelled))
