"""One generator of texts trained by every kind of objective, on data that is known exactly.

    python -m experiments.quality_diversity --workdir runs/plane --output docs/figures

trains the same LSTM by likelihood, by scheduled sampling and adversarially, with several seeds, on
the data set `oracle`, as `train.py` would, and writes `quality_diversity.json` and
`quality_diversity.png`. What is trained is kept in the run folders, and what is measured in the
JSON file: the same command goes on after a stop. At the end the table of docs/objectives.md is
printed.

Of each run KL[P‖Q], which tells how much of the data the generator misses, KL[Q‖P], which tells
how much of what it writes is not data, JS_π at three π, and the bound of JS_π that its
discriminator proves, if it has one, are measured; of those by likelihood over the temperatures at
which they are sampled, too. M. Caccia et al., "Language GANs Falling Short", arXiv 1811.02549
(2018), found that no GAN they tried was better than likelihood at some temperature.
"""

import argparse
import dataclasses
import pathlib

from experiments import plots, results, text_kinds
from experiments.text_kinds import LIKELIHOOD, trained
from zoo.errors import explained
from zoo.metrics import divergence_bound
from zoo.runs import evaluation
from zoo.runs.run_folder import write_json

# Not the 5,000 symbols and 20 times that SeqGAN was tried on: already with 500 symbols and 20 times
# what an LSTM of this size learns is told from the data at sight, so that JS_π is H(π) for all.
DATA = "oracle(vocabulary_size=20, length=12, count=100000)"
GENERATOR = "lstm(units=64, layers=1)"
TRANSFORMER = "transformer(units=64, layers=2, heads=2)"
TEMPERATURES = (0.6, 0.7, 0.8, 0.9, 1.1, 1.2)
COUNT, SEEDS = 10_000, 3
MEASURED = {
    "kl_p_q": "KL[P‖Q]",
    "kl_q_p": "KL[Q‖P]",
    "js_0.1": "JS at π = 0.1",
    "js_0.5": "0.5",
    "js_0.9": "0.9",
    "divergence_bound": "bound at 0.5",
}
SHOWN = ("0.9", "0.8")  # of the temperatures, in the table
KINDS = text_kinds.kinds(GENERATOR, TRANSFORMER)  # for their names


def measured(run) -> dict[str, list[float]]:
    """Name -> the value of a divergence and its standard error, in nats per text."""
    members = ["exact_divergences", *["divergence_bound"] * divergence_bound.applies(run)]
    found = evaluation.evaluate(run, splits=("test",), metrics=members, count=COUNT, seed=1)
    return {n: [found[n].value, found[n].standard_error] for n in MEASURED if n in found}


def at_temperatures(run) -> dict[str, dict]:
    """What is measured of the same network at each temperature."""
    samplers = {str(t): f"temperature(temperature={t})" for t in TEMPERATURES}
    return {t: measured(dataclasses.replace(run, sampler=each)) for t, each in samplers.items()}


def table(runs: dict[str, dict]) -> str:
    """Means over the seeds and their standard deviations, in Markdown.

    Args:
        runs: by "name, seed number" what was measured.
    """
    lines = [f"| trained by | {' | '.join(MEASURED.values())} |", "|---" * 7 + "|"]
    of_kind = {}
    for key, run in runs.items():
        of_kind.setdefault(key.rpartition(", seed ")[0], []).append(run)
    for name, found in of_kind.items():
        lines.append(_row(name, found))
        if name == LIKELIHOOD:
            for t in SHOWN:
                of_t = [run["at_temperatures"][t] for run in found]
                lines.append(_row(f"{name}, sampled at temperature {t}", of_t))
    return "\n".join(lines)


def _row(name, found):
    every = [[run[m][0] for run in found if m in run] for m in MEASURED]
    cells = [results.over_seeds(values) if values else "" for values in every]
    return f"| {name} | {' | '.join(cells)} |"


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
    kinds = text_kinds.kinds(GENERATOR, TRANSFORMER, options.steps)
    record = results.read(path, {"data": DATA, "count": COUNT})
    found = record["runs"]
    for seed in range(options.seeds):
        for name in options.kinds:
            key, kind = f"{name}, seed {seed}", dataclasses.asdict(kinds[name])
            if key in found:
                results.require_same(path, key, found[key]["kind"], kind)
                continue
            if kind["once"] and seed > 0:
                continue
            run = trained(name, kinds, DATA, seed, options.workdir)
            # Each measurement is written into the run's folder; that of the run itself stays there.
            warmer = {"at_temperatures": at_temperatures(run)} if name == LIKELIHOOD else {}
            found[key] = {"kind": kind} | measured(run) | warmer
            print(f"{key:<52} " + _in_words(found[key]), flush=True)
            write_json(path, record)
    print(table(found))
    plots.save(plots.quality_diversity(found, LIKELIHOOD), path.with_suffix(".png"))


def _in_words(figures):
    figures = {name: figures[name] for name in MEASURED if name in figures}
    return "  ".join(
        f"{name} {value:.3f} ± {error:.3f}" for name, (value, error) in figures.items()
    )


if __name__ == "__main__":
    explained(main)()
