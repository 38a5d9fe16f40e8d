"""Effect of π on MNIST where the generator is too poor for the data, with fresh bounds beside.

    python -m experiments.poor_generators
    python -m experiments.poor_generators --games noise --seeds 1 2

Generators of few latent dimensions and few units are trained by `generalised_js` at several π
against a discriminator of width 32, in two games: with the penalty R1, and with noise on all
images, so much that samples and data overlap. They begin with one generator, trained by the
non-saturating loss for as many steps. Each is measured with as many samples as test
images: precision and recall, the bound of JS_π that the game's own discriminator proves, and that
of a fresh one of the same width, trained to the end with the generator fixed; under the noise of
the game, where there is noise. Writes poor_generators.json and poor_generators.png into
docs/figures; rerun the command to resume, also within a run. At the end it prints the results as a
table in Markdown, the mean ± standard deviation where there are several seeds.

Source: F. Huszár (2015), arXiv 1511.05101, section 4.
"""

import argparse
import itertools
import pathlib

from experiments import plots, results
from zoo import Experiment, train
from zoo.errors import explained
from zoo.runs.evaluation import evaluate
from zoo.runs.run_folder import write_json

LATENTS, PIS, STEPS = (1, 2, 4), (0.1, 0.5, 0.9), 2500
NOISE = 1.0  # standard deviation; pixels lie in [0, 1]
# At a small π from random weights a discriminator tells grey images from digits at once, and the
# generator stays grey.
BEGIN = "generalised_js(pi=0.5, r1=0.1, generator_loss='non_saturating')"
GAMES = {"R1": "r1=0.1", "noise": f"instance_noise={NOISE}"}
# Enough that the bound of the game's own discriminator comes near that of a fresh one.
UPDATES = "discriminator_steps=5, discriminator_warmup={warmup}"
MEASURES = {
    "precision": "precision ↑",
    "recall": "recall ↑",
    "coverage": "coverage ↑",
    "lenet_fd": "LeNet-FD ↓",
    "own_bound": "own bound",
    "fresh_bound": "fresh bound",
}


def model(latent_size: int, width: int) -> str:
    """The spec of a poor generator and its discriminator."""
    return f"dcgan(width={width}, latent_size={latent_size}, discriminator_width=32)"


def begun(latent_size: int, seed: int, options: argparse.Namespace) -> str:
    """Trains the generator that all runs of one size and seed begin with; returns its folder."""
    folder = str(options.workdir / f"begin_latent_{latent_size}_seed_{seed}")
    train(_settings(BEGIN, latent_size, seed, options), folder)
    return folder


def _settings(objective, latent_size, seed, options, init_from=None):
    return Experiment(
        data=options.data,
        model=model(latent_size, options.width),
        objective=objective,
        steps=options.steps,
        batch_size=64,
        learning_rate=1e-3,
        decay="cosine",
        optimizer="adam(beta_1=0.5)",
        average_decay=0.999,
        sample_every=0,
        seed=seed,
        init_from=init_from,
    )


def complete(record: dict, path: pathlib.Path, options: argparse.Namespace) -> None:
    """Trains and measures the runs without a result, and writes the file after each."""
    every = itertools.product(options.seeds, options.games, options.latent_sizes, options.pis)
    for seed, game, latent_size, pi in every:
        name = f"{game}, latent_size={latent_size}, π = {pi:g}, seed {seed}"
        if name in record["runs"]:
            continue
        print(name, flush=True)
        settings = _settings(
            f"generalised_js(pi={pi}, {UPDATES.format(warmup=options.steps // 5)}, {GAMES[game]})",
            latent_size, seed, options, init_from=begun(latent_size, seed, options),
        )  # fmt: skip
        folder = f"{game}_latent_{latent_size}_pi_{pi}_seed_{seed}"
        run = train(settings, str(options.workdir / folder))
        noise = NOISE if game == "noise" else 0.0
        fresh = (
            f"fresh_bound(steps={options.fresh_steps}, pi={pi}, model='dcgan(width=32)', "
            f"instance_noise={noise})"
        )
        metrics = "manifold", "lenet_fd", fresh
        found = evaluate(run, splits=("test",), metrics=metrics, count=options.count)
        record["runs"][name] = {
            "game": game,
            "latent_size": latent_size,
            "pi": pi,
            "seed": seed,
            "measured": {key: found[key].value for key in MEASURES},
            "standard_errors": {key: found[key].standard_error for key in MEASURES},
            "ceilings": {key: found[key].ceiling for key in MEASURES},
        }
        write_json(path, record)


def settings_of(run: dict) -> tuple[str, int, float]:
    """What runs of several seeds have in common."""
    return run["game"], run["latent_size"], run["pi"]


def table(record: dict) -> str:
    """Formats the results in Markdown, a row for the seeds of the same settings."""
    lines = [f"| game | latent_size | π | seeds | {' | '.join(MEASURES.values())} |",
             "|---" * (len(MEASURES) + 4) + "|"]  # fmt: skip
    groups = {}
    for run in record["runs"].values():
        groups.setdefault(settings_of(run), []).append(run["measured"])
    for (game, latent_size, pi), found in sorted(groups.items()):
        cells = [results.over_seeds([each[key] for each in found]) for key in MEASURES]
        row = game, str(latent_size), f"{pi:g}", str(len(found)), *cells
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)


def arguments_of(given: list[str] | None = None) -> argparse.Namespace:
    """Parses the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--latent_sizes", nargs="+", type=int, default=list(LATENTS))
    parser.add_argument("--pis", nargs="+", type=float, default=list(PIS))
    parser.add_argument("--games", nargs="+", choices=list(GAMES), default=list(GAMES))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--width", type=int, default=4, help="channels of the generator")
    parser.add_argument("--steps", type=int, default=STEPS, help="of each run")
    parser.add_argument("--fresh_steps", type=int, default=2000, help="of a fresh discriminator")
    parser.add_argument("--count", type=int, default=10_000, help="number of samples")
    parser.add_argument(
        "--workdir", type=pathlib.Path, default=pathlib.Path("runs/poor_generators")
    )
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("docs/figures"))
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> None:
    """Trains, measures, plots and prints; see the module docstring."""
    options = arguments_of(given)
    for folder in (options.workdir, options.output):
        folder.mkdir(parents=True, exist_ok=True)
    path = options.output / "poor_generators.json"
    names = "data", "width", "steps", "fresh_steps", "count"
    record = results.read(path, {name: getattr(options, name) for name in names})
    complete(record, path, options)
    plots.save(plots.poor_generators(record), path.with_suffix(".png"))
    print(table(record))


if __name__ == "__main__":
    explained(main)()
