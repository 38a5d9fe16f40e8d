"""Initialises a generator from that of another run."""

import numpy as np

from zoo import domains, spec
from zoo.errors import require
from zoo.models.base.sequence_model import SequenceModel
from zoo.runs.run import Run
from zoo.trainers.base.trainer import Trainer

_OF_TRAINING = {"dropout"}  # arguments of a model that change no sample of it


def take(trainer: Trainer, model: spec.Part, domain: domains.Domain, run: Run) -> None:
    """Gives a trainer's generator the weights of a run's, its EMA weights if it kept them.

    Where the data are texts with other tokens, the network is kept and the rows of embedding and
    output are mapped by token; those of tokens that the run does not know keep their new values.

    Args:
        trainer: a trainer that has made no step.
        model: the model that it trains.
        domain: the domain of the data.
        run: the run to initialise from.

    Raises:
        SpecError: the run's generator is another one, its data are of another domain, or its
            weights make no sense for another vocabulary.
    """
    path = run.folder.path
    here, there = generator_of(model), generator_of(spec.read("models", run.experiment.model))
    require(
        here == there,
        f"init_from: the generator of {path} is {_words(*there)}; here it is {_words(*here)}. "
        "Give the same one.",
    )
    if run.domain == domain:
        trainer.start_from(run.generator.variables)
        return
    require(
        isinstance(domain, domains.Text)
        and isinstance(run.domain, domains.Text)
        and domain.vocabulary.level == run.domain.vocabulary.level
        and bool(run.generator.network.token_axes),
        f"init_from: {path} was trained on {run.domain}; here are {domain}. Initialise from a run "
        "on the same data; an lstm, gru or transformer of texts can also be fine-tuned on other "
        "texts of the same level, characters or words.",
    )
    tokens, known = domain.vocabulary.tokens, run.domain.vocabulary.tokens
    trainer.start_from(mapped(trainer.generator, run.generator))
    shared = len(set(tokens) & set(known))
    print(
        f"{shared} of {len(tokens)} tokens are initialised from {path}; "
        f"{len(tokens) - shared} are new."
    )


def mapped(generator: SequenceModel, other: SequenceModel) -> list[np.ndarray]:
    """Maps weights of a sequence model of texts to one with another vocabulary, by token.

    Args:
        generator: the model to initialise; rows of tokens that `other` does not know are its own.
        other: a model of the same kind.

    Returns:
        Values for the variables of `generator`, in their order.
    """
    rows = _rows(generator.domain.vocabulary, other.domain.vocabulary, generator.num_starts)
    values = []
    for variable, its in zip(generator.variables, other.variables, strict=True):
        axis = generator.network.token_axes.get(variable.name)
        if axis is None:
            values.append(its.numpy())
            continue
        value = np.moveaxis(variable.numpy(), axis, 0)
        source = np.moveaxis(its.numpy(), axis, 0)
        for here, there in rows:
            if here < len(value) and there < len(source):  # outputs have no start tokens
                value[here] = source[there]
        values.append(np.moveaxis(value, 0, axis))
    return values


def _rows(vocabulary, other, num_starts):
    """Pairs of ids of the same token, start tokens included."""
    ids = {token: number for number, token in enumerate(other.tokens)}
    pairs = [(here, ids[token]) for here, token in enumerate(vocabulary.tokens) if token in ids]
    return pairs + [(vocabulary.start + k, other.start + k) for k in range(num_starts)]


def generator_of(model: spec.Part) -> tuple[str, dict]:
    """The name and all arguments of the generator that a model has.

    A model that is built around a generator of its own spec has that. Arguments that change only
    how it is trained are left out.

    Example:
        >>> generator_of(spec.read("models", "mediated(generator='gru(units=8, dropout=0.5)')"))
        ('gru', {'units': 8, 'layers': 2, 'tied': False, 'patch': None})
    """
    name, arguments = model.meaning()
    while "generator" in arguments:
        name, arguments = arguments["generator"]
    return name, {k: value for k, value in arguments.items() if k not in _OF_TRAINING}


def _words(name, arguments):
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})"
