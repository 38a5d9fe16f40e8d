"""Weights to begin with: those of another run's generator."""

from zoo import spec
from zoo.errors import require

_OF_TRAINING = {"dropout"}  # arguments of a model that change no sample of it


def take(trainer, model: str, example, run) -> None:
    """Lets a trainer begin with the weights of a run's generator, averaged where it keeps them.

    Args:
        trainer: a `zoo.trainers.base.trainer.Trainer` that has made no step.
        model: the spec of what it trains.
        example: what one example is.
        run: the `zoo.runs.run.Run` to begin from.

    Raises:
        SpecError: the run's data have another vocabulary, length or shape, or its generator is
            another one.
    """
    path = run.folder.path
    others = ", with other symbols" if str(run.example) == str(example) else ""
    require(
        run.example == example,
        f"init_from: {path} was trained on {run.example}{others}; here are {example}. Begin from "
        "a run on the same data.",
    )
    here, there = generator_of(model), generator_of(run.experiment.model)
    require(
        here == there,
        f"init_from: the generator of {path} is {_words(*there)}; here it is {_words(*here)}. "
        "Give the same one.",
    )
    trainer.start_from(run.generator.variables)


def generator_of(model: str) -> tuple[str, dict]:
    """The name and all arguments of the generator that a model's spec stands for.

    A model that is built around a generator of its own spec stands for that. What changes only
    how it is trained is left out.

    Example:
        >>> generator_of("mediated(generator='gru(units=8, dropout=0.5)')")
        ('gru', {'units': 8, 'layers': 2, 'tied': False, 'patch': None})
    """
    name, given = spec.parse(model)
    parameters = spec.parameters(spec.module("models", name).build)
    settled = {key: given.get(key, parameter.default) for key, parameter in parameters.items()}
    if "generator" in settled:
        return generator_of(settled["generator"])
    return name, {key: value for key, value in settled.items() if key not in _OF_TRAINING}


def _words(name, arguments):
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})"
