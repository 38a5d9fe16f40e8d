"""What an experiment is: three specs, hyper-parameters and a seed; train it, load the result."""

import contextlib
import dataclasses
import os
import typing
from typing import Literal

import keras
import tensorflow as tf

from zoo import spec
from zoo.data.base import grey
from zoo.data.base.splits import batches
from zoo.errors import RunFolderError, SpecError, require
from zoo.runs import callbacks, checkpoints, digests, faults, initial_weights, optimizers, previews
from zoo.runs.run import Run
from zoo.runs.run_folder import RunFolder

# What a run may be continued with; anything else changed would make it another run.
MAY_CHANGE = {"steps", "decay_steps", "checkpoint_every", "sample_every", "data_dir"}

_FOLDERS = {"data": "data", "model": "models", "objective": "objectives"}
_VALIDATION_BATCHES = 8


@dataclasses.dataclass(frozen=True)
class Experiment:
    """All that decides a run's result.

    Attributes:
        data: the spec of a member of `zoo.data`.
        model: the spec of a member of `zoo.models`.
        objective: the spec of a member of `zoo.objectives`.
        steps: training steps in all.
        batch_size: examples a step.
        learning_rate: the highest learning rate.
        warmup_steps: steps over which the learning rate rises to it.
        decay: how the learning rate falls afterwards.
        decay_steps: the step at which it has come to zero, at least `steps`; 0: `steps`, or of a
            run that is continued as before.
        optimizer: the spec of an optimizer, see `zoo.runs.optimizers.build`.
        clip_norm: the largest norm of all gradients together; 0: no limit.
        average_decay: of the moving average of the generator's weights, which samples and
            results are then made with; 0: none is kept.
        init_from: the folder of another run, with whose generator's weights (averaged where it
            kept an average) the generator begins; None: with new ones. Once there is a
            checkpoint, that folder is not needed any more.
        seed: the seed of every random draw.
        precision: "mixed_bfloat16" computes in bfloat16 and keeps weights in float32.
        jit_compile: whether XLA compiles the training step.
        strategy: "auto" (all GPUs there are, or the CPU), "cpu", or "mirrored".
        checkpoint_every: steps between two checkpoints; one is written at the end in any case,
            and 0 means only then.
        sample_every: steps between two sets of samples and looks at held-out data; 0: none.
        data_dir: where tensorflow-datasets keeps its data; None: its usual place.
    """

    data: str
    model: str
    objective: str
    steps: int = 2000
    batch_size: int = 64
    learning_rate: float = 1e-3
    warmup_steps: int = 0
    decay: Literal["constant", "cosine"] = "constant"
    decay_steps: int = 0
    optimizer: str = "adam"
    clip_norm: float = 0.0
    average_decay: float = 0.0
    init_from: str | None = None
    seed: int = 0
    precision: Literal["float32", "mixed_bfloat16"] = "float32"
    jit_compile: bool = False
    strategy: Literal["auto", "cpu", "mirrored"] = "auto"
    checkpoint_every: int = 500
    sample_every: int = 500
    data_dir: str | None = None

    def __post_init__(self):
        """Refuses what cannot work, before any work is done."""
        for field in dataclasses.fields(self):
            choices, value = typing.get_args(field.type), getattr(self, field.name)
            if typing.get_origin(field.type) is Literal and value not in choices:
                listed = ", ".join(choices)
                raise SpecError(f"{field.name}={value!r} is unknown. Known: {listed}.")
            require(
                spec.is_number_within_limits(value),
                f"{field.name}={value!r} should be finite, and a whole number below 2^63.",
            )
        for name in ("steps", "batch_size"):
            require(getattr(self, name) >= 1, f"{name}={getattr(self, name)} should be at least 1.")
        for name in (
            *("warmup_steps", "decay_steps", "clip_norm", "checkpoint_every", "sample_every"),
        ):
            require(getattr(self, name) >= 0, f"{name}={getattr(self, name)} is below 0.")
        require(self.learning_rate > 0, f"learning_rate={self.learning_rate} should be above 0.")
        require(
            0 <= self.average_decay < 1,
            f"average_decay={self.average_decay} should be at least 0 and below 1.",
        )
        check_specs(self.data, self.model, self.objective)
        spec.build("objectives", self.objective)
        _optimizer(self)


def check_specs(data: str, model: str, objective: str) -> None:
    """Raises SpecError unless the three specs are well formed and fit each other."""
    modules = {}
    for folder, text in (("data", data), ("models", model), ("objectives", objective)):
        name, arguments = spec.parse(text)
        modules[folder] = spec.module(folder, name)
        spec.check(name, modules[folder].build, arguments)
    kind, accepted = modules["data"].KIND, modules["models"].ACCEPTS
    if kind not in accepted:
        fitting = _names("models", lambda module: kind in module.ACCEPTS)
        raise SpecError(
            f"{model} models data of the kind {' or '.join(sorted(accepted))}, but {data} is "
            f"{kind}. "
            f"Models for {kind}: {fitting}."
        )
    trainer, trainers = modules["objectives"].TRAINER, modules["models"].TRAINERS
    if trainer not in trainers:
        fitting = _names("objectives", lambda module: module.TRAINER in trainers)
        others = _names("models", lambda m: trainer in m.TRAINERS and kind in m.ACCEPTS)
        raise SpecError(
            f"{model} cannot be trained by {objective}. Objectives for it: {fitting}. "
            f"Models for {objective} on {kind} data: {others or 'none'}."
        )


def train(experiment: Experiment, workdir: str, allow_changed_data: bool = False) -> Run:
    """Trains an experiment, or continues it where its run folder says it stopped.

    A run that was killed at any moment and continued has the weights, bit by bit on a CPU, of
    the run that was not.

    Args:
        experiment: what to train.
        workdir: the run folder; made if it is not there.
        allow_changed_data: whether a run goes on with other examples than it began with.

    Returns:
        The trained run.

    Raises:
        SpecError: the parts do not fit, or not the run to begin from; or the learning rate would
            be 0 for the steps that are left, since a cosine ends before them.
        DataError: the data is not to be had.
        RunFolderError: the folder is not writable, in use, or holds another experiment; the
            data has changed since the run began; or the folder to begin from holds no run.
        TrainingDivergedError: a figure is no longer finite.
        KeyboardInterrupt: Ctrl-C or SIGTERM came; the run can be continued.
    """
    strategy = _strategy(experiment.strategy)
    folder = RunFolder(workdir)
    folder.create()
    with folder.locked(), folder.removed_if_no_run_begins():
        experiment = _same_experiment(experiment, folder)
        dataset = spec.build("data", experiment.data, experiment.data_dir)
        if folder.exists():
            dataset = grey.as_recorded(dataset, folder.read()[1])
        data = digests.of_data(dataset, experiment.data)
        if folder.exists():
            folder.require_same_data(dataset.example, data, allow_changed_data)
        for note in dataset.notes:
            print(note)
        with strategy.scope(), _policy(experiment.precision):
            trainer = build_trainer(experiment, dataset.example)
        saved = checkpoints.Checkpoints(folder.checkpoints, trainer.components())
        first_step = saved.restore()
        if 0 < first_step < experiment.steps:
            folder.require_same_stream()
        if first_step > 0:
            print(f"{folder.path} holds {first_step} steps already.")
        elif experiment.init_from is not None:
            begun = load(experiment.init_from)
            initial_weights.take(trainer, experiment.model, dataset.example, begun)
        if folder.exists():
            folder.data_moved_to(experiment.data)
        if first_step < experiment.steps:
            _require_learning(experiment, folder)
            folder.write(dataclasses.asdict(experiment), dataset.example, data)
            _fit(experiment, trainer, dataset, folder, saved, first_step)
    return load(workdir, allow_changed_data=allow_changed_data)


def load(workdir: str, data_dir: str | None = None, allow_changed_data: bool = False) -> Run:
    """The result of a run: networks with the weights of the latest checkpoint, in float32.

    Args:
        workdir: the run folder.
        data_dir: where tensorflow-datasets keeps its data; None: as the run was given it.
        allow_changed_data: see `Run`.

    Returns:
        A `Run`; its generator has the averaged weights where the run kept an average.

    Raises:
        RunFolderError: the folder holds no run, or no checkpoint yet.
    """
    folder = RunFolder(workdir)
    settings, example = folder.read()
    experiment = Experiment(**settings)
    if data_dir is not None:
        experiment = dataclasses.replace(experiment, data_dir=data_dir)
    with _policy("float32"):
        model = _model(experiment, example)
    objective = spec.build("objectives", experiment.objective)
    components = {name: network.variables for name, network in model.networks().items()}
    if experiment.average_decay > 0:
        components["average"] = components.pop("generator")
    step = checkpoints.load(folder.checkpoints, components)
    parts = folder, experiment, example, model, objective, step
    return Run(*parts, allow_changed_data=allow_changed_data)


def build_trainer(experiment: Experiment, example):
    """The compiled Keras model that `train` fits, with new weights from the run's seed."""
    keras.utils.set_random_seed(experiment.seed % 2**32)
    model = _model(experiment, example)
    objective = spec.build("objectives", experiment.objective)
    trainer = spec.module("trainers", _trainer(experiment.objective)).build(
        model,
        objective,
        batch_size=experiment.batch_size,
        seed=experiment.seed,
        average_decay=experiment.average_decay,
    )
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    for_an_update = trainer.num_real // max(trainer.updates.values())
    for name, count in (("batch_size", experiment.batch_size), ("real examples", for_an_update)):
        require(
            count % replicas == 0,
            f"{name}: {count} a step cannot be shared by {replicas} replicas. Give a multiple of "
            f"{replicas}, or --strategy=cpu.",
        )
    trainer.compile(
        **{
            name: _optimizer(experiment, updates, replicas)
            for name, updates in trainer.updates.items()
        },
        jit_compile=experiment.jit_compile,
    )
    return trainer


def _model(experiment, example):
    """The model, or the part of it that the trainer trains."""
    model = spec.build("models", experiment.model, example)
    trainer = spec.module("trainers", _trainer(experiment.objective))
    return trainer.trained(model) if hasattr(trainer, "trained") else model


def _trainer(objective):
    """The name of the trainer that an objective's spec asks for."""
    return spec.module("objectives", spec.parse(objective)[0]).TRAINER


def _fit(experiment, trainer, dataset, folder, saved, first_step):
    """Makes the steps that are left, then saves."""
    labelled = dataset.example.num_classes > 0
    steps = first_step, experiment.steps
    data = batches(dataset.train, trainer.num_real, experiment.seed, *steps, labelled)
    held_out = list(
        batches(dataset.validation, experiment.batch_size, 0, 0, _VALIDATION_BATCHES, labelled)
    )
    preview = previews.Previews(trainer, dataset, folder.samples)
    watch = faults.Faults(first_step)
    with callbacks.signals() as received:
        around = [
            callbacks.StopAtNaN(first_step),
            callbacks.Progress(first_step, experiment.steps),
            callbacks.Scalars(
                first_step, folder.logs, held_out, experiment.sample_every, watch.validated
            ),
            watch,
            callbacks.Every(first_step, experiment.sample_every, preview.write),
            callbacks.Every(first_step, experiment.checkpoint_every, saved.save),
            callbacks.StopWhen(received),
        ]
        trainer.fit(data, shuffle=False, verbose=0, callbacks=around)
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


def _optimizer(experiment, updates=1, replicas=1):
    """The optimizer, whose learning rate goes with the steps of training.

    See `zoo.trainers.base.trainer.descend` for what replicas do to gradients.
    """
    rate = optimizers.learning_rate(
        experiment.learning_rate,
        updates * experiment.warmup_steps,
        experiment.decay,
        updates * (experiment.decay_steps or experiment.steps),
    )
    return optimizers.build(experiment.optimizer, rate, experiment.clip_norm / replicas)


def _strategy(name):
    """The distribution strategy of this name."""
    if name == "cpu":
        return tf.distribute.OneDeviceStrategy("/cpu:0")
    if name == "mirrored" or len(tf.config.list_logical_devices("GPU")) > 1:
        return tf.distribute.MirroredStrategy()
    return tf.distribute.get_strategy()


@contextlib.contextmanager
def _policy(precision):
    """Keras's global precision, for the networks that are built meanwhile."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _same_experiment(experiment, folder):
    """The experiment with what its run folder has recorded, if it is the same one."""
    if not folder.exists():
        return dataclasses.replace(
            _with_absolute_paths(experiment),
            decay_steps=experiment.decay_steps or experiment.steps,
        )
    recorded = Experiment(**folder.read()[0])
    experiment = dataclasses.replace(
        experiment, decay_steps=experiment.decay_steps or recorded.decay_steps
    )
    fixed = [f.name for f in dataclasses.fields(Experiment) if f.name not in MAY_CHANGE]
    moved = _moved(recorded, experiment)
    changed = [
        f"--{name} was {getattr(recorded, name)!r}, now {getattr(experiment, name)!r}"
        for name in fixed
        if not _same(name, getattr(recorded, name), getattr(experiment, name))
        and not (name == "data" and moved)
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
    kept = {name: getattr(recorded, name) for name in fixed if name != "data" or not moved}
    return dataclasses.replace(_with_absolute_paths(experiment), **kept)


def _same(name, before, now):
    """Compares two values of a field by what they mean."""
    if before == now:
        return True
    if name in _FOLDERS:
        return spec.meaning(_FOLDERS[name], before) == spec.meaning(_FOLDERS[name], now)
    if name == "optimizer":
        return optimizers.meaning(before) == optimizers.meaning(now)
    if name == "init_from" and None not in (before, now):
        return len({os.path.realpath(os.path.expanduser(path)) for path in (before, now)}) == 1
    return False


def _moved(recorded, experiment):
    """Tells whether the data are the recorded ones but for files that are no longer there.

    That they have the same content is for the digests to say.
    """
    before, now = recorded.data, experiment.data
    alike = [spec.meaning("data", data, with_files=False) for data in (before, now)]
    return alike[0] == alike[1] and not all(file.exists() for file in spec.files("data", before))


def _with_absolute_paths(experiment):
    """The experiment as it is found again from another working directory."""
    paths = {
        name: os.path.abspath(os.path.expanduser(getattr(experiment, name)))
        for name in ("init_from", "data_dir")
        if getattr(experiment, name)
    }
    data = spec.with_absolute_paths("data", experiment.data)
    return dataclasses.replace(experiment, data=data, **paths)


def _names(folder, fits):
    return ", ".join(name for name in spec.names(folder) if fits(spec.module(folder, name)))
