"""One generator of texts trained by every kind of objective."""

import dataclasses
import pathlib

from zoo import experiment

LIKELIHOOD = "maximum likelihood"


@dataclasses.dataclass(frozen=True)
class Kind:
    """How one kind of run is trained.

    Attributes:
        objective: its spec.
        model: its spec.
        steps: how many.
        learning_rate: the highest.
        begins: the kind from whose run of the same seed it begins; None: from new weights.
        once: whether one seed is enough.
    """

    objective: str
    model: str
    steps: int
    learning_rate: float = 5e-3
    begins: str | None = None
    once: bool = False


def kinds(generator: str, transformer: str, steps: int | None = None) -> dict[str, Kind]:
    """By their names the kinds of runs of a recurrent generator, and few of a Transformer.

    Args:
        generator: the spec of an autoregressive model.
        transformer: the spec of another.
        steps: of every run; None: 4,000 from new weights and 2,000 against a discriminator or
            from the weights that likelihood has found.
    """
    many, fewer = steps or 4000, steps or 2000

    def adversarial(
        estimator, model=generator, discriminator="convolutional", discriminator_steps=1, **changes
    ):
        times = f", discriminator_steps={discriminator_steps}" * (discriminator_steps > 1)
        objective = f"generalised_js(pi=0.5, estimator={estimator!r}{times})"
        model = f'text_gan(generator="{model}", discriminator="{discriminator}", width=64)'
        return Kind(objective, model, fewer, **{"learning_rate": 1e-3, **changes})

    def scheduled(numbers):
        return Kind(f"scheduled_sampling({numbers})", generator, many)

    to_zero = f"schedule='linear', keep_probability=1.0, decrease={1 / many:g}, minimum=0.0"
    mediated = f'mediated(generator="{generator}")'
    beginnings = 'reinforce(rewards="prefixes")'
    of_transformer = "Transformer, maximum likelihood"
    transformers = "Transformer, REINFORCE on beginnings from likelihood"
    return {
        LIKELIHOOD: Kind("maximum_likelihood", generator, many),
        "maximum likelihood from likelihood": Kind(
            "maximum_likelihood", generator, fewer, 1e-3, begins=LIKELIHOOD
        ),
        "scheduled sampling, ε = 0.5": scheduled("schedule='constant', keep_probability=0.5"),
        "scheduled sampling, ε to 0": scheduled(to_zero),
        "REINFORCE": adversarial("reinforce()"),
        "REINFORCE from likelihood": adversarial("reinforce()", begins=LIKELIHOOD),
        "REINFORCE on beginnings": adversarial(beginnings),
        "REINFORCE on beginnings from likelihood": adversarial(beginnings, begins=LIKELIHOOD),
        "Gumbel-softmax": adversarial("gumbel_softmax()"),
        "Gumbel-softmax from likelihood": adversarial("gumbel_softmax()", begins=LIKELIHOOD),
        "mediator": Kind("mediated_js(pi=0.5)", mediated, many),
        "mediator from likelihood": Kind(
            "mediated_js(pi=0.5)", mediated, fewer, 1e-3, begins=LIKELIHOOD
        ),
        "REINFORCE from likelihood, slowly": adversarial(
            "reinforce()", learning_rate=1e-4, begins=LIKELIHOOD, once=True
        ),
        "REINFORCE from likelihood, five steps of a recurrent discriminator": adversarial(
            "reinforce()",
            discriminator="recurrent",
            discriminator_steps=5,
            begins=LIKELIHOOD,
            once=True,
        ),
        "REINFORCE with roll-outs from likelihood": adversarial(
            "reinforce(rollouts=4)", begins=LIKELIHOOD, once=True
        ),
        of_transformer: Kind("maximum_likelihood", transformer, many, 2e-3, once=True),
        transformers: adversarial(beginnings, transformer, begins=of_transformer, once=True),
        f"{transformers}, slowly": adversarial(
            beginnings, transformer, learning_rate=1e-4, begins=of_transformer, once=True
        ),
    }


def trained(name: str, of: dict[str, Kind], data: str, seed: int, workdir: pathlib.Path):
    """The run of one kind and seed; another one, which it begins from, is trained before it.

    Args:
        name: of the kind.
        of: the kinds, see `kinds`.
        data: the spec of the data.
        seed: the run's seed.
        workdir: where the folders of all runs are.

    Returns:
        A `zoo.run.Run`.
    """
    kind, begun = of[name], None
    if kind.begins is not None:
        begun = str(trained(kind.begins, of, data, seed, workdir).folder.path)
    settings = experiment.Experiment(
        data=data,
        model=kind.model,
        objective=kind.objective,
        steps=kind.steps,
        batch_size=64,
        learning_rate=kind.learning_rate,
        decay="cosine",
        clip_norm=1.0,
        average_decay=0.99,
        init_from=begun,
        seed=seed,
        sample_every=0,
        checkpoint_every=500,
    )
    return experiment.train(settings, str(workdir / _slug(name, seed)))


def _slug(name, seed):
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in name) + f"_{seed}"
