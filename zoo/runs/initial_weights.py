"""Initialises a generator, and a discriminator, from those of other runs."""

import numpy as np

from zoo import domains, spec
from zoo.errors import require
from zoo.models.base.discriminator import Discriminator
from zoo.models.base.likelihood_ratio import LikelihoodRatio
from zoo.models.base.recurrent import RecurrentNetwork
from zoo.models.base.sequence_model import SequenceModel, TextModel
from zoo.models.base.text_discriminator import TextDiscriminator
from zoo.models.layers.text_readers import Recurrence
from zoo.runs import building
from zoo.runs.experiment import Experiment
from zoo.runs.loading import load_either
from zoo.runs.run import Run
from zoo.trainers.base.trainer import Trainer

# Arguments of a model that change no sample of it.
_OF_TRAINING = {"dropout"}
_OF_DISCRIMINATOR = {"spectral_normalisation", "discriminator_width", "discriminator_units",
                     "maxout_units", "maxout_pieces"}  # fmt: skip


def initialise(
    experiment: Experiment, parts: building.Parts, trainer: Trainer, domain: domains.Domain
) -> None:
    """Gives the networks of a trainer the weights of the runs that an experiment names.

    Args:
        experiment: the experiment.
        parts: its parts.
        trainer: a trainer that has made no step.
        domain: the domain of the data.

    Raises:
        SpecError: see `take` and `take_discriminator`.
    """
    if experiment.init_from is not None:
        take(trainer, parts.specs.model, domain, load_either(experiment.init_from))
    if experiment.init_discriminator_from is not None:
        other = load_either(experiment.init_discriminator_from)
        take_discriminator(trainer.discriminator, parts.specs.model, domain, other)


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


def take_discriminator(
    discriminator: Discriminator, model: spec.Part, domain: domains.Domain, run: Run
) -> None:
    """Gives a discriminator the weights of a run's, or of its language model.

    Args:
        discriminator: the discriminator of a trainer that has made no step.
        model: the model that it belongs to.
        domain: the domain of the data.
        run: a run with a discriminator of the same kind and sizes; or a language model: for a
            likelihood ratio one like its model of the data, for a recurrent discriminator an
            lstm of the same width and layers, whose embedding and layers it gets.

    Raises:
        SpecError: the run is neither, or its data are of another domain.
    """
    path = run.folder.path
    require(
        run.domain == domain,
        f"init_discriminator_from: {path} was trained on {run.domain}; here are {domain}. "
        "Initialise from a run on the same data.",
    )
    its = run.model.networks().get("discriminator")
    if its is not None and _shapes(its) == _shapes(discriminator):
        if isinstance(discriminator, LikelihoodRatio):
            _require_same_models(model, run)
        pairs = zip(discriminator.variables, its.variables, strict=True)
    elif isinstance(discriminator, LikelihoodRatio):
        _require_data_model(model, run)
        pairs = zip(discriminator.data_model.variables, run.generator.variables, strict=True)
    else:
        pairs = _recurrent(discriminator, run)
    for variable, value in pairs:
        variable.assign(value)


def _require_same_models(model, run):
    """Requires that a run's likelihood ratio is one of the same two models.

    Weights of the same shapes do not show it: a Transformer's do not depend on its context.
    """
    there = spec.read("models", run.experiment.model)
    for name, of in (("data_model", _data_model_of), ("generator", generator_of)):
        require(
            of(there) == of(model),
            f"init_discriminator_from: the {name} of {run.folder.path} is {_words(*of(there))}; "
            f"here it is {_words(*of(model))}. Give the same one.",
        )


def _data_model_of(model):
    """The name and arguments of a likelihood ratio's model of the data, as `generator_of`."""
    arguments = model.meaning()[1]
    return _of_samples(*(arguments["data_model"] or arguments["generator"]))


def _require_data_model(model, run):
    """Requires that a run's generator is of the spec of the model of the data."""
    here = _data_model_of(model)
    there = generator_of(spec.read("models", run.experiment.model))
    require(
        here == there,
        f"init_discriminator_from: the generator of {run.folder.path} is {_words(*there)}; the "
        f"model of the data here is {_words(*here)}. Give the same one as data_model.",
    )


def _shapes(network):
    return [(variable.name, variable.shape) for variable in network.variables]


def _recurrent(discriminator, run):
    """Pairs of variables of a recurrent discriminator's reader, and values of an lstm's."""
    network = run.generator.network if isinstance(run.generator, TextModel) else None
    reader = discriminator.reader if isinstance(discriminator, TextDiscriminator) else None
    fits = isinstance(network, RecurrentNetwork) and isinstance(reader, Recurrence)
    if fits:
        fits = [_shapes(layer) for layer in network.layers_] == [
            _shapes(layer) for layer in reader.layers_
        ]
    require(
        fits,
        f"init_discriminator_from: {run.folder.path} is {run.experiment.model}, which has no "
        "discriminator like the one here, and whose layers do not fit it. Give a run with the same "
        "discriminator; or an lstm, for text_gan(discriminator='recurrent') with width and layers "
        "equal to its units and layers.",
    )
    mine, its = (
        [part.embedding, *(v for layer in part.layers_ for v in layer.variables)]
        for part in (reader, network)
    )
    # The embedding's start tokens are left out.
    return [
        (variable, value[: variable.shape[0]]) for variable, value in zip(mine, its, strict=True)
    ]


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
    how it is trained, or its discriminator, are left out.

    Example:
        >>> generator_of(spec.read("models", "mediated(generator='gru(units=8, dropout=0.5)')"))
        ('gru', {'units': 8, 'layers': 2, 'tied': False, 'patch': None})
    """
    name, arguments = model.meaning()
    while "generator" in arguments:
        name, arguments = arguments["generator"]
    return _of_samples(name, arguments)


def _of_samples(name, arguments):
    """A model without the arguments that change no sample of it."""
    left_out = _OF_TRAINING | _OF_DISCRIMINATOR
    return name, {k: value for k, value in arguments.items() if k not in left_out}


def _words(name, arguments):
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})"
