"""Composes the parts of an experiment from its specs."""

import contextlib
import dataclasses
import types
from collections.abc import Iterator
from typing import NamedTuple

import keras

from zoo import domains, replicas, spec
from zoo.errors import SpecError
from zoo.objectives.base import regularisation
from zoo.pretrained import index
from zoo.runs import matching, optimizers
from zoo.runs.experiment import Experiment
from zoo.trainers.base.trainer import Trainer
from zoo.trainers.base.with_discriminator import WithDiscriminator
from zoo.trainers.discriminative import Discriminative


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
        return matching.kind_of(self.trainer).trained(self.specs.model.build(domain))


def read(experiment: Experiment) -> Specs:
    """Reads the specs of an experiment; the paths in them become absolute.

    Raises:
        SpecError: an unknown part or argument.
    """
    folders = {"data": experiment.data, "models": experiment.model}
    folders |= {"objectives": experiment.objective}
    parts = [spec.read(folder, text) for folder, text in folders.items()]
    located = [part.with_absolute_paths(index.is_name) for part in parts]
    return Specs(*located, optimizers.Optimizer(*spec.parse(experiment.optimizer)))


def compose(experiment: Experiment) -> Parts:
    """Composes the parts of an experiment before any work is done.

    Raises:
        SpecError: an unknown part or argument, parts that do not fit each other, an objective
            or optimizer that cannot be built, or initial weights that are missing or of no use.
    """
    specs = read(experiment)
    objective = specs.objective.build()
    specs.optimizer.require_known()
    trainer = matching.matched(specs.data, specs.model, specs.objective)
    kind = matching.kind_of(trainer)
    of_texts = matching.domain_of(specs.data.module) is domains.Text
    if of_texts and issubclass(kind, WithDiscriminator):
        regularisation.require_none(objective.instance_noise, objective.gradient_penalty)
    if issubclass(kind, Discriminative) and experiment.init_from is None:
        raise SpecError(
            f"{experiment.objective} trains the discriminator alone, and keeps the generator of "
            "another run: name it with --init_from=RUN."
        )
    if experiment.init_discriminator_from and not issubclass(kind, WithDiscriminator):
        raise SpecError(
            f"{experiment.objective} trains no discriminator: leave --init_discriminator_from out."
        )
    return Parts(specs, objective, trainer)


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
                name: optimizers.for_network(
                    experiment, parts.specs.optimizer, updates, trainer.waiting.get(name, 0)
                )
                for name, updates in trainer.updates.items()
            },
            jit_compile=experiment.jit_compile,
            steps_per_execution=experiment.steps_per_execution,
        )
    return trainer


@contextlib.contextmanager
def policy(precision: str) -> Iterator[None]:
    """Sets Keras's global dtype policy for the networks that are built meanwhile."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
