"""Initialises a generator from that of another run."""

from zoo import domains, spec
from zoo.errors import require
from zoo.runs.run import Run
from zoo.trainers.base.trainer import Trainer

_OF_TRAINING = {"dropout"}  # arguments of a model that change no sample of it


def take(trainer: Trainer, model: spec.Part, domain: domains.Domain, run: Run) -> None:
    """Gives a trainer's generator the weights of a run's, its EMA weights if it kept them.

    Args:
        trainer: a trainer that has made no step.
        model: the model that it trains.
        domain: the domain of the data.
        run: the run to initialise from.

    Raises:
        SpecError: the run's data have another vocabulary, length or shape, or its generator is
            another one.
    """
    path = run.folder.path
    others = ", with other tokens" if str(run.domain) == str(domain) else ""
    require(
        run.domain == domain,
        f"init_from: {path} was trained on {run.domain}{others}; here are {domain}. Initialise "
        "from a run on the same data.",
    )
    here, there = generator_of(model), generator_of(spec.read("models", run.experiment.model))
    require(
        here == there,
        f"init_from: the generator of {path} is {_words(*there)}; here it is {_words(*here)}. "
        "Give the same one.",
    )
    trainer.start_from(run.generator.variables)


def generator_of(model: spec.Part) -> tuple[str, dict]:
    """The name and all arguments of the generator that a model has.

    A model that is built around a generator of its own spec has that. Arguments that change only
    how it is trained are left out.

    Example:
        >>> generator_of(spec.read("models", "mediated(generator='gru(units=8, dropout=0.5)')"))
        ('gru', {'units': 8, 'layers': 2, 'tied': False, 'patch': None})
    """
    arguments = spec.defaults(model.module.build) | model.arguments
    if "generator" in arguments:
        return generator_of(spec.read("models", arguments["generator"]))
    return model.name, {k: value for k, value in arguments.items() if k not in _OF_TRAINING}


def _words(name, arguments):
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})"
