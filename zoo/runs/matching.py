"""Which data, model, objective and trainer fit each other: read from the types of their `build`.

data         build(...) -> Dataset[Text]                the domain of its examples
model        build(example: Text | Image, ...) -> SequenceModel
objective    build(...) -> MaximumLikelihood            a LikelihoodObjective
trainer      build(model: SequenceModel, objective: LikelihoodObjective, ...)
"""

import types
import typing

from zoo import spec


def domain_of(data: types.ModuleType) -> type:
    """The domain of a data set's examples, one of the classes of `zoo.domains`."""
    (domain,) = typing.get_args(spec.annotations(data)["return"])
    return domain


def domains_of(model: types.ModuleType) -> tuple[type, ...]:
    """The domains that a model can be built for."""
    return _alternatives(spec.annotations(model)["domain"])


def kind_of(part: types.ModuleType) -> type:
    """The class of the model or the objective that a member builds."""
    return spec.annotations(part)["return"]


def trainer_of(objective: types.ModuleType) -> types.ModuleType:
    """The trainer whose `build` takes the objective."""
    kind = kind_of(objective)
    modules = (spec.module("trainers", name) for name in spec.names("trainers"))
    return next(
        module for module in modules if issubclass(kind, spec.annotations(module)["objective"])
    )


def trains(trainer: types.ModuleType, model: types.ModuleType) -> bool:
    """Tells whether a trainer's `build` takes the model."""
    return issubclass(kind_of(model), _alternatives(spec.annotations(trainer)["model"]))


def _alternatives(annotation):
    """The classes of an annotation, which may be a union."""
    return typing.get_args(annotation) or (annotation,)
