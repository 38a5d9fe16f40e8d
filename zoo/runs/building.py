"""Composes the parts of an experiment from its specs."""

import contextlib
import dataclasses
import types
from collections.abc import Iterator
from typing import NamedTuple

import keras

from zoo import domains, replicas, spec
from zoo.errors import SpecError
from zoo.runs import matching, optimizers
from zoo.runs.experiment import Experiment
from zoo.trainers.base.trainer import Trainer


class Specs(NamedTuple):
    """The specs of an experiment, read."""

    data: spec.Part
    model: spec.Part
    objective: spec.Part
    optimizer: optimizers.Optimizer


@dataclasses.dataclass(frozen=True)
class Parts:
    """The parts of an experiment, which fit each other; composed once and handed on.

    Attributes:
        specs: the specs; `specs.data.build(data_dir)` reads the data set.
        objective: the objective.
        trainer: the member of `zoo.trainers` that carries the objective out.
    """

    specs: Specs
    objective: object
    trainer: types.ModuleType

    def network(self, domain: domains.Domain) -> object:
        """Builds the model for a domain, or the part of it that the trainer trains."""
        model = self.specs.model.build(domain)
        return matching.kind_of(self.trainer).trained(model)


def read(experiment: Experiment) -> Specs:
    """Reads the specs of an experiment.

    Raises:
        SpecError: an unknown part or argument.
    """
    return Specs(
        spec.read("data", experiment.data),
        spec.read("models", experiment.model),
        spec.read("objectives", experiment.objective),
        optimizers.read(experiment.optimizer),
    )


def compose(experiment: Experiment) -> Parts:
    """Composes the parts of an experiment before any work is done.

    Raises:
        SpecError: an unknown part or argument, parts that do not fit each other, or an objective
            or optimizer that cannot be built.
    """
    specs = read(experiment)
    require_fit(specs)
    specs.optimizer.build(experiment.learning_rate, experiment.clip_norm)
    return Parts(specs, specs.objective.build(), matching.trainer_of(specs.objective.module))


def require_fit(specs: Specs) -> None:
    """Raises SpecError unless the model fits the data, and the objective the model."""
    domain, accepted = (
        matching.domain_of(specs.data.module),
        matching.domains_of(specs.model.module),
    )
    if domain not in accepted:
        fitting = _names("models", lambda module: domain in matching.domains_of(module))
        raise SpecError(
            f"{specs.model.text} models data of the kind "
            f"{' or '.join(sorted(each.kind for each in accepted))}, but {specs.data.text} is "
            f"{domain.kind}. Models for {domain.kind}: {fitting}."
        )
    model, trainer = specs.model.module, matching.trainer_of(specs.objective.module)
    if not matching.trains(trainer, model):
        fitting = _names("objectives", lambda m: matching.trains(matching.trainer_of(m), model))
        others = _names(
            "models", lambda m: matching.trains(trainer, m) and domain in matching.domains_of(m)
        )
        raise SpecError(
            f"{specs.model.text} cannot be trained by {specs.objective.text}. Objectives for it: "
            f"{fitting}. Models for {specs.objective.text} on {domain.kind} data: "
            f"{others or 'none'}."
        )


def build_trainer(experiment: Experiment, parts: Parts, domain: domains.Domain) -> Trainer:
    """Builds the compiled Keras model that `train` fits, with new weights from the run's seed.

    Args:
        experiment: the experiment.
        parts: its parts.
        domain: the domain of its data.

    Raises:
        SpecError: the model cannot be built for the domain, or a batch cannot be shared equally
            by the replicas.
    """
    keras.utils.set_random_seed(experiment.seed % 2**32)
    with policy(experiment.precision):
        trainer = parts.trainer.build(
            parts.network(domain),
            parts.objective,
            batch_size=experiment.batch_size,
            seed=experiment.seed,
            average_decay=experiment.average_decay,
        )
        for_an_update = trainer.num_real // max(trainer.updates.values())
        replicas.require_equal_shares(
            {"batch_size": experiment.batch_size, "real examples": for_an_update}
        )
        trainer.compile(
            **{
                name: _optimizer(
                    experiment, parts.specs.optimizer, updates, trainer.waiting.get(name, 0)
                )
                for name, updates in trainer.updates.items()
            },
            jit_compile=experiment.jit_compile,
            steps_per_execution=experiment.steps_per_execution,
        )
    return trainer


def _optimizer(experiment, optimizer, updates, waiting):
    """The optimizer of a network, with its updates per training step and steps at rate 0."""
    rate = optimizers.learning_rate(
        experiment.learning_rate,
        updates * experiment.warmup_steps,
        experiment.decay,
        updates * (experiment.decay_steps or experiment.steps),
    )
    if waiting:
        rate = optimizers.After(updates * waiting, rate)
    # Each replica hands over its share of the mean gradient, see `zoo.replicas.descend`.
    return optimizer.build(rate, experiment.clip_norm / replicas.count())


@contextlib.contextmanager
def policy(precision: str) -> Iterator[None]:
    """Sets Keras's global dtype policy for the networks that are built meanwhile."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _names(folder, fits):
    return ", ".join(name for name in spec.names(folder) if fits(spec.module(folder, name)))
