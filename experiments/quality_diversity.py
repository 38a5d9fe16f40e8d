"""Compares objectives for one text generator, on a known distribution.

    python -m experiments.quality_diversity --workdir runs/plane --output docs/figures

trains the same LSTM by maximum likelihood, by scheduled sampling and adversarially, with several
seeds, on the data set `oracle`, as `train.py` would, and writes `quality_diversity.json` and
`quality_diversity.png`. Run folders keep what was trained, and the JSON file what was measured:
rerun the command to resume. At the end it prints the table of docs/objectives.md.

For each run it measures KL[P‖Q], which is large if the generator misses parts of the data,
KL[Q‖P], which is large if it generates what is not data, JS_π at three π, and the lower bound of
JS_π by its discriminator, if it has one; for runs by likelihood also over sampling temperatures.
M. Caccia et al., "Language GANs Falling Short", arXiv 1811.02549 (2018), found that no GAN they
tried was better than likelihood at some temperature.
"""

import argparse
import dataclasses
import pathlib

from experiments import plots, results, text_kinds
from experiments.text_kinds import LIKELIHOOD, trained
from zoo.errors import explained
from zoo.metrics import divergence_bound
from zoo.runs import evaluation
from zoo.runs.run import Run
from zoo.runs.run_folder import write_json

# SeqGAN's 5,000 tokens and length 20 are too hard: with 500 tokens already, samples of an LSTM of
# this size are separable from the data, so that JS_π is H(π) for every objective.
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


def measured(run: Run) -> dict[str, list[float]]:
    """Values and standard errors of the divergences by name, in nats per text."""
    members = ["exact_divergences", *["divergence_bound"] * divergence_bound.METRIC.applies(run)]
    found = evaluation.evaluate(run, splits=("test",), metrics=members, count=COUNT, seed=1)
    return {n: [found[n].value, found[n].standard_error] for n in MEASURED if n in found}


def at_temperatures(run: Run) -> dict[str, dict]:
    """Measures the same network at each temperature."""
    samplers = {str(t): f"temperature(temperature={t})" for t in TEMPERATURES}
    return {t: measured(dataclasses.replace(run, sampler=each)) for t, each in samplers.items()}


def table(runs: dict[str, dict]) -> str:
    """Formats means and standard deviations over the seeds in Markdown.

    Args:
        runs: the measurements by "name, seed number".
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


def main(arguments: list[str] | None = None) -> None:
    """Trains, measures and writes; see the module docstring."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--workdir", type=pathlib.Path, required=True, help="for the run folders")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="for JSON and figure")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="runs of each kind")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--steps", type=int, help="of each run; by default as in text_kinds")
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
            # Each evaluation is written into the run's folder; that of the run itself stays on top.
            warmer = {"at_temperatures": at_temperatures(run)} if name == LIKELIHOOD else {}
            found[key] = {"kind": kind} | measured(run) | warmer
            print(f"{key:<52} " + _line(found[key]), flush=True)
            write_json(path, record)
    print(table(found))
    plots.save(plots.quality_diversity(found, LIKELIHOOD), path.with_suffix(".png"))


def _line(figures):
    figures = {name: figures[name] for name in MEASURED if name in figures}
    return "  ".join(
        f"{name} {value:.3f} ± {error:.3f}" for name, (value, error) in figures.items()
    )


if __name__ == "__main__":
    explained(main)()
