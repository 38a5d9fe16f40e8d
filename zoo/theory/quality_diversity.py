"""One generator of texts trained by every kind of objective, on data that is known exactly.

    python -m zoo.theory.quality_diversity --workdir runs/plane --output docs/figures

trains the same LSTM by likelihood, by scheduled sampling and adversarially, with several seeds, on
the data set `oracle`, as `train.py` would, and writes `quality_diversity.json` and
`quality_diversity.png`. What is trained is kept in the run folders, and what is measured in the
JSON file: the same command goes on after a stop.

Of each run KL[P‖Q], which tells how much of the data the generator misses, and KL[Q‖P], which tells
how much of what it writes is none, are measured; of those by likelihood over the temperatures at
which they are sampled, too. M. Caccia et al., "Language GANs Falling Short", arXiv 1811.02549
(2018), found that no GAN they tried was better than likelihood at some temperature.
"""

import argparse
import dataclasses
import json
import pathlib

from zoo import evaluation, experiment
from zoo.errors import explained
from zoo.run_folder import write_json
from zoo.theory import plots

DATA = "oracle(vocabulary_size=500, length=20, count=10000)"
GENERATOR = "lstm(units=32, layers=1)"
LIKELIHOOD = "maximum likelihood"
TEMPERATURES = (0.6, 0.7, 0.8, 0.9, 1.1, 1.2)
COUNT, SEEDS = 10_000, 3
MEASURED = ("kl_p_q", "kl_q_p", "js_0.5")

_ADVERSARY = f'text_gan(generator="{GENERATOR}", discriminator="convolutional", width=64)'
_MEDIATED = f'mediated(generator="{GENERATOR}")'


@dataclasses.dataclass(frozen=True)
class Kind:
    """How one kind of run is trained.

    Attributes:
        objective: its spec.
        model: its spec.
        steps: how many.
        learning_rate: the highest.
        begins: whether it begins from what likelihood trained.
    """

    objective: str
    model: str = GENERATOR
    steps: int = 4000
    learning_rate: float = 5e-3
    begins: bool = False


def _adversarial(estimator, **changes):
    objective = f"generalised_js(pi=0.5, estimator={estimator!r})"
    return Kind(objective, _ADVERSARY, **{"steps": 2000, "learning_rate": 1e-3, **changes})


_TO_ZERO = "schedule='linear', keep_probability=1.0, decrease=0.00025, minimum=0.0"

KINDS = {
    LIKELIHOOD: Kind("maximum_likelihood"),
    "scheduled sampling, ε = 0.5": Kind(
        "scheduled_sampling(schedule='constant', keep_probability=0.5)"
    ),
    "scheduled sampling, ε to 0": Kind(f"scheduled_sampling({_TO_ZERO})"),
    "REINFORCE": _adversarial("reinforce()"),
    "REINFORCE from likelihood": _adversarial("reinforce()", begins=True),
    "REINFORCE on beginnings": _adversarial('reinforce(rewards="prefixes")'),
    "REINFORCE on beginnings from likelihood": _adversarial(
        'reinforce(rewards="prefixes")', begins=True
    ),
    "Gumbel-softmax": _adversarial("gumbel_softmax()"),
    "Gumbel-softmax from likelihood": _adversarial("gumbel_softmax()", begins=True),
    "mediator": Kind("mediated_js(pi=0.5)", _MEDIATED),
    "mediator from likelihood": Kind("mediated_js(pi=0.5)", _MEDIATED, 2000, 1e-3, begins=True),
}


def trained(kind: Kind, seed: int, workdir: pathlib.Path, begin: pathlib.Path, steps: int | None):
    """The run of one kind and seed, which may begin from the run in the folder `begin`."""
    settings = experiment.Experiment(
        data=DATA,
        model=kind.model,
        objective=kind.objective,
        steps=steps or kind.steps,
        batch_size=64,
        learning_rate=kind.learning_rate,
        decay="cosine",
        clip_norm=1.0,
        average_decay=0.99,
        init_from=str(begin) if kind.begins else None,
        seed=seed,
        sample_every=0,
        checkpoint_every=500,
    )
    return experiment.train(settings, str(workdir))


def measured(run) -> dict[str, list[float]]:
    """Name -> the value of a divergence and its standard error, in nats per text."""
    found = evaluation.evaluate(
        run, splits=("test",), metrics=["exact_divergences"], count=COUNT, seed=1
    )
    return {name: [found[name].value, found[name].standard_error] for name in MEASURED}


def at_temperatures(run) -> dict[str, dict]:
    """What is measured of the same network at each temperature."""
    samplers = {str(t): f"temperature(temperature={t})" for t in TEMPERATURES}
    return {t: measured(dataclasses.replace(run, sampler=each)) for t, each in samplers.items()}


def main(arguments=None) -> None:
    """Trains, measures, writes, see the head of this file."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--workdir", type=pathlib.Path, required=True, help="for the run folders")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="for JSON and figure")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="runs of each kind")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--steps", type=int, help="of each run; its own number where not given")
    options = parser.parse_args(arguments)
    for folder in (options.workdir, options.output):
        folder.mkdir(parents=True, exist_ok=True)
    path = options.output / "quality_diversity.json"
    found = json.loads(path.read_text())["runs"] if path.exists() else {}
    for seed in range(options.seeds):
        begin = options.workdir / f"{_slug(LIKELIHOOD)}_{seed}"
        for name in options.kinds:
            key = f"{name}, seed {seed}"
            if key in found:
                continue
            folder = options.workdir / f"{_slug(name)}_{seed}"
            run = trained(KINDS[name], seed, folder, begin, options.steps)
            found[key] = measured(run)
            if name == LIKELIHOOD:
                found[key]["at_temperatures"] = at_temperatures(run)
            print(f"{key:<52} " + _in_words(found[key]), flush=True)
            write_json(path, {"data": DATA, "generator": GENERATOR, "runs": found})
    plots.save(plots.quality_diversity(found, LIKELIHOOD), path.with_suffix(".png"))


def _slug(name):
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in name)


def _in_words(figures):
    return "  ".join(f"{name} {figures[name][0]:.3f} ± {figures[name][1]:.3f}" for name in MEASURED)


if __name__ == "__main__":
    explained(main)()
