"""Kinds of training for one text generator, one per objective."""

import dataclasses
import pathlib

import zoo
from zoo.runs.run import Run

LIKELIHOOD = "maximum likelihood"
_ESTIMATORS = {
    "REINFORCE": "reinforce()",
    "REINFORCE on prefixes": 'reinforce(rewards="prefixes")',
    "Gumbel-softmax": "gumbel_softmax()",
}


@dataclasses.dataclass(frozen=True)
class Kind:
    """Settings of one kind of run.

    Attributes:
        objective: its spec.
        model: its spec.
        steps: number of training steps.
        learning_rate: the peak learning rate.
        init_from: the kind whose run of the same seed initialises the weights; None: new weights.
        once: True if one seed is enough.
        init_discriminator_from: the kind whose run of the same seed initialises the discriminator.
    """

    objective: str
    model: str
    steps: int
    learning_rate: float = 5e-3
    init_from: str | None = None
    once: bool = False
    init_discriminator_from: str | None = None


def kinds(generator: str, transformer: str, steps: int | None = None) -> dict[str, Kind]:
    """Lists the kinds of runs by name: of a recurrent generator, and a few of a Transformer.

    Args:
        generator: the spec of an autoregressive model.
        transformer: the spec of another.
        steps: of every run; None: 4,000 from new weights, and 2,000 against a discriminator or
            from the weights of a maximum-likelihood run.
    """
    many, fewer = steps or 4000, steps or 2000
    once = _variants(generator, fewer) | _of_transformer(transformer, many, fewer)
    several = _of_every_objective(generator, many, fewer)
    return several | {name: dataclasses.replace(kind, once=True) for name, kind in once.items()}


def _of_every_objective(generator, many, fewer):
    to_zero = f"schedule='linear', keep_probability=1.0, decrease={1 / many:g}, minimum=0.0"
    mediated = "mediated_js(pi=0.5)", f'mediated(generator="{generator}")'
    found = {
        LIKELIHOOD: Kind("maximum_likelihood", generator, many),
        "maximum likelihood from likelihood": Kind(
            "maximum_likelihood", generator, fewer, 1e-3, init_from=LIKELIHOOD
        ),
        "scheduled sampling, ε = 0.5": Kind(
            "scheduled_sampling(schedule='constant', keep_probability=0.5)", generator, many
        ),
        "scheduled sampling, ε to 0": Kind(f"scheduled_sampling({to_zero})", generator, many),
    }
    for name, estimator in _ESTIMATORS.items():
        kind = _adversarial(estimator, generator, fewer)
        found[name] = kind
        found[f"{name} from likelihood"] = dataclasses.replace(kind, init_from=LIKELIHOOD)
    return found | {
        "mediator": Kind(*mediated, many),
        "mediator from likelihood": Kind(*mediated, fewer, 1e-3, init_from=LIKELIHOOD),
    }


def _variants(generator, steps):
    begun = _adversarial("reinforce()", generator, steps, init_from=LIKELIHOOD)
    recurrent = _adversarial(
        "reinforce()",
        generator,
        steps,
        "recurrent",
        ", discriminator_steps=5",
        init_from=LIKELIHOOD,
    )
    return {
        "REINFORCE from likelihood, slowly": dataclasses.replace(begun, learning_rate=1e-4),
        "REINFORCE from likelihood, five steps of a recurrent discriminator": recurrent,
        "REINFORCE with roll-outs from likelihood": _adversarial(
            "reinforce(rollouts=4)", generator, steps, init_from=LIKELIHOOD
        ),
    }


def _of_transformer(transformer, many, fewer):
    likelihood = "Transformer, maximum likelihood"
    name = "Transformer, REINFORCE on prefixes"
    estimator = _ESTIMATORS["REINFORCE on prefixes"]
    begun = _adversarial(estimator, transformer, fewer, init_from=likelihood)
    return {
        likelihood: Kind("maximum_likelihood", transformer, many, 2e-3),
        f"{name} from likelihood": begun,
        f"{name} from likelihood, slowly": dataclasses.replace(begun, learning_rate=1e-4),
    }


def _adversarial(
    estimator, generator, steps, discriminator="convolutional", more="", init_from=None
) -> Kind:
    objective = f"generalised_js(pi=0.5, estimator={estimator!r}{more})"
    model = f'text_gan(generator="{generator}", discriminator="{discriminator}", width=64)'
    return Kind(objective, model, steps, 1e-3, init_from)


def trained(
    name: str,
    of: dict[str, Kind],
    data: str,
    seed: int,
    workdir: pathlib.Path,
    batch_size: int = 64,
) -> Run:
    """Trains the run of one kind and seed, after the runs that initialise it.

    Args:
        name: of the kind.
        of: the kinds, see `kinds`.
        data: the spec of the data.
        seed: the run's seed.
        workdir: for the folders of all runs.
        batch_size: texts per step.

    Returns:
        A `zoo.runs.run.Run`.
    """
    kind = of[name]
    begun, discriminator = (
        other and str(trained(other, of, data, seed, workdir, batch_size).folder.path)
        for other in (kind.init_from, kind.init_discriminator_from)
    )
    settings = zoo.Experiment(
        data=data,
        model=kind.model,
        objective=kind.objective,
        steps=kind.steps,
        batch_size=batch_size,
        learning_rate=kind.learning_rate,
        decay="cosine",
        clip_norm=1.0,
        average_decay=0.99,
        init_from=begun,
        init_discriminator_from=discriminator,
        seed=seed,
        sample_every=0,
        checkpoint_every=500,
    )
    return zoo.train(settings, str(workdir / _slug(name, seed)))


def _slug(name, seed):
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in name) + f"_{seed}"
