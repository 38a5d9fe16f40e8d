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
import pathlib

from zoo import evaluation
from zoo.errors import explained
from zoo.run_folder import write_json
from zoo.theory import plots, results, text_kinds
from zoo.theory.text_kinds import LIKELIHOOD, trained

# Not the 5,000 symbols and 20 times that SeqGAN was tried on: already with 500 symbols and 20 times
# what an LSTM of this size learns is told from the data at sight, so that JS_π is H(π) for all.
DATA = "oracle(vocabulary_size=20, length=12, count=100000)"
GENERATOR = "lstm(units=64, layers=1)"
TRANSFORMER = "transformer(units=64, layers=2, heads=2)"
TEMPERATURES = (0.6, 0.7, 0.8, 0.9, 1.1, 1.2)
COUNT, SEEDS = 10_000, 3
MEASURED = ("kl_p_q", "kl_q_p", "js_0.5")
KINDS = text_kinds.kinds(GENERATOR, TRANSFORMER)  # for their names


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
    plots.save(plots.quality_diversity(found, LIKELIHOOD), path.with_suffix(".png"))


def _in_words(figures):
    return "  ".join(f"{name} {figures[name][0]:.3f} ± {figures[name][1]:.3f}" for name in MEASURED)


if __name__ == "__main__":
    explained(main)()
