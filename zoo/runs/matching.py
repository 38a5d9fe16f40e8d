"""Matches data, models, objectives and trainers by the types of their `build`.

data         build(...) -> Dataset[Text]                the domain of its examples
model        build(domain: Text | Image, ...) -> SequenceModel
objective    build(...) -> MaximumLikelihood            a LikelihoodObjective
trainer      build(model: SequenceModel, objective: LikelihoodObjective, ...)
"""

import functools
import types
import typing
from collections.abc import Callable

from zoo import spec
from zoo.errors import SpecError


def domain_of(data: types.ModuleType) -> type:
    """The domain of a data set's examples, one of the classes of `zoo.domains`."""
    (domain,) = typing.get_args(_types(data)["return"])
    return domain


def domains_of(model: types.ModuleType) -> tuple[type, ...]:
    """The domains that a model can be built for."""
    return _alternatives(_types(model)["domain"])


def kind_of(part: types.ModuleType) -> type:
    """The class of what a member builds."""
    return _types(part)["return"]


def trainer_of(objective: types.ModuleType) -> types.ModuleType:
    """The trainer whose `build` takes the objective."""
    kind = kind_of(objective)
    modules = (spec.module("trainers", name) for name in spec.names("trainers"))
    return next(module for module in modules if issubclass(kind, _types(module)["objective"]))


def trains(trainer: types.ModuleType, model: types.ModuleType) -> bool:
    """Tells whether a trainer's `build` takes the model."""
    return issubclass(kind_of(model), _alternatives(_types(trainer)["model"]))


def matched(data: spec.Part, model: spec.Part, objective: spec.Part) -> types.ModuleType:
    """The trainer of a model by an objective on some data.

    Raises:
        SpecError: the model does not fit the data, or the objective the model; the message lists
            the parts that do.
    """
    domain, trainer = domain_of(data.module), trainer_of(objective.module)
    accepted = domains_of(model.module)
    if domain not in accepted:
        raise SpecError(
            f"{model.text} models data of the kind "
            f"{' or '.join(sorted(each.kind for each in accepted))}, but {data.text} is "
            f"{domain.kind}. Models for {domain.kind}: "
            f"{_names('models', lambda other: domain in domains_of(other))}."
        )
    if not trains(trainer, model.module):
        objectives = _names("objectives", lambda o: trains(trainer_of(o), model.module))
        models = _names("models", lambda m: trains(trainer, m) and domain in domains_of(m))
        raise SpecError(
            f"{model.text} cannot be trained by {objective.text}. Objectives for it: "
            f"{objectives}. Models for {objective.text} on {domain.kind} data: {models or 'none'}."
        )
    return trainer


def _names(folder: str, fits: Callable[[types.ModuleType], bool]) -> str:
    return ", ".join(name for name in spec.names(folder) if fits(spec.module(folder, name)))


@functools.cache
def _types(part):
    """The types of a member's `build`: of its parameters, and under "return" of its result."""
    return typing.get_type_hints(part.build)


def _alternatives(annotation):
    """The classes of an annotation, which may be a union."""
    return typing.get_args(annotation) or (annotation,)
