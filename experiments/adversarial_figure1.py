"""Trains Figure 1: one Gaussian against a learned discriminator, over π.

    python -m experiments.adversarial_figure1 --workdir runs/figure1 --output FOLDER

trains the model `gaussian` as `train.py` would, for several π, mixtures and seeds, and writes
`adversarial_figure1.json` and `adversarial_figure1.png`: the trained mean and standard deviation
over the exact ones of `zoo.theory.figure1`, which knows P and Q where training has a
discriminator. Rerun the command to resume; finished runs in the file are not repeated.

JS_π can have several minima, and training ends in one of them like any descent. For a mixture that
is known to have several, training starts from several points, and the result with the lowest
divergence bound counts.

Source: F. Huszár (2015), arXiv 1511.05101, figure 1 and section 4.
"""

import argparse
import dataclasses
import functools
import json
import pathlib
import time
from collections.abc import Sequence

import numpy as np
import scipy.special

import zoo
from experiments import plots
from zoo.distributions import gaussian_mixture as mixtures
from zoo.errors import DataError, explained
from zoo.metrics import divergence_bound
from zoo.runs.run_folder import write_json
from zoo.theory import figure1

PIS = (0.01, 0.1, 0.5, 0.9, 0.99)
CURVE = scipy.special.expit(np.linspace(-5, 5, 15))  # of the exact fits, with those trained
SEEDS = (0, 1, 2, 3, 4)
# Start of training: P's moments, or its heaviest component.
STARTS = {
    "mixture_a": ("moments",),
    "bow": ("moments",),
    "two_modes": ("moments", "component"),
}
STEPS, BATCH_SIZE, LEARNING_RATE = 6000, 1024, 2e-3
_COUNT = 10_000  # test examples, and samples, for the divergence bound


def settings(mixture: str, start: str, pi: float, seed: int, steps: int = STEPS) -> zoo.Experiment:
    """Builds the experiment of one run.

    Args:
        mixture: a name of `zoo.distributions.gaussian_mixture.FILES`.
        start: "moments" or "component".
        pi: the weight of the data.
        seed: of the run.
        steps: of the generator; the discriminator makes two for each.
    """
    p = mixtures.load(mixtures.FILES[mixture])
    mean, std = mixtures.moments(p)
    if start == "component":
        heaviest = np.argmax(p.weights)
        mean, std = p.means[heaviest], np.sqrt(p.variances[heaviest])
    numbers = [round(float(number), 6) for number in (*mean, std)]
    return zoo.Experiment(
        data=f"gaussian_mixture(name={mixture!r})",
        model=f"gaussian(mean={numbers[:-1]}, std={numbers[-1]})",
        objective=f"generalised_js(pi={pi}, discriminator_steps=2)",
        steps=steps,
        batch_size=BATCH_SIZE,
        learning_rate=LEARNING_RATE,
        decay="cosine",
        average_decay=0.999,
        seed=seed,
        strategy="cpu",
        sample_every=0,
        checkpoint_every=1000,
    )


def trained(made: zoo.Experiment, workdir: pathlib.Path) -> dict:
    """Trains one run; returns its `mean`, `std`, test `divergence_bound` and `seconds`."""
    begin = time.monotonic()
    run = zoo.train(made, str(workdir))
    seconds = time.monotonic() - begin
    bound = divergence_bound.measure(run, split="test", count=_COUNT, seed=0)["divergence_bound"]
    return {
        "mean": run.generator.mean.tolist(),
        "std": run.generator.std,
        "divergence_bound": [bound.value, bound.standard_error],
        "seconds": round(seconds, 1),
    }


def grid(
    starts: dict[str, Sequence[str]], pis: Sequence[float], seeds: Sequence[int], steps: int
) -> list[dict]:
    """Lists the runs, dicts of `mixture`, `start`, `pi`, `seed` and the `experiment`."""
    return [
        {
            "mixture": mixture,
            "start": start,
            "pi": pi,
            "seed": seed,
            "experiment": dataclasses.asdict(settings(mixture, start, pi, seed, steps)),
        }
        for mixture in starts
        for seed in seeds
        for pi in pis
        for start in starts[mixture]
    ]


def complete(wanted: list[dict], path: pathlib.Path, workdir: pathlib.Path) -> list[dict]:
    """Trains the runs that are not in the file yet, and records each when it ends.

    Args:
        wanted: see `grid`.
        path: the JSON file; its runs with other settings are kept.
        workdir: for the run folders.

    Returns:
        The wanted runs in order, each with the results of `trained`.
    """
    runs = read(path)
    for one in wanted:
        if _find(one, runs) is None:
            made = zoo.Experiment(**one["experiment"])
            name = "{mixture}_{start}_{pi}_{seed}".format(**one)
            found = trained(made, workdir / f"{name}_{made.steps}")
            runs.append({**one, **found})
            write_json(path, {"runs": runs})
            print(_line(runs[-1]), flush=True)
    return [_find(one, runs) for one in wanted]


def read(path: pathlib.Path) -> list[dict]:
    """Reads the runs of a file; an empty list if there is no file.

    Raises:
        DataError: the file contains something else.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))["runs"] if path.is_file() else []
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} contains no runs ({error!r}): move or delete it.") from error


def _find(wanted, runs):
    """Finds the run with these settings, or None; a record's missing settings are the defaults."""
    made = zoo.Experiment(**wanted["experiment"])
    return next((r for r in runs if zoo.Experiment(**r["experiment"]) == made), None)


def best_starts(runs: list[dict]) -> list[dict]:
    """Keeps the run of the lowest divergence bound among those that differ only in their start."""
    best = {}
    for run in runs:
        key = run["mixture"], run["pi"], run["seed"]
        if key not in best or run["divergence_bound"][0] < best[key]["divergence_bound"][0]:
            best[key] = run
    return list(best.values())


@functools.cache
def exact(mixture: str, pi: float) -> figure1.Fit:
    """Fits the best Gaussian to a mixture of the zoo, by name."""
    return figure1.fit(*mixtures.load(mixtures.FILES[mixture]), pi)


def errors(run: dict) -> tuple[float, float]:
    """Relative error of a run's standard deviation, and distance of its mean from the optimum."""
    optimum = exact(run["mixture"], run["pi"])
    distance = np.linalg.norm(np.array(run["mean"]) - optimum.mean)
    return abs(run["std"] / optimum.std - 1), float(distance)


def _line(run):
    of_std, of_mean = errors(run)
    x, y = run["mean"]
    return (
        f"{run['mixture']:<10} π = {run['pi']:<5} seed {run['seed']}  from {run['start']:<9}  "
        f"mean {x:z7.3f}, {y:z7.3f}  std {run['std']:.4f}  "
        f"errors {of_mean:.4f} and {100 * of_std:.2f} %  {run['seconds']:.0f} s"
    )


def summary(runs: list[dict]) -> list[str]:
    """Formats a line per mixture and π: the largest errors over the seeds."""
    lines, cells = [], {}
    for run in runs:
        cells.setdefault((run["mixture"], run["pi"]), []).append(errors(run))
    for (mixture, pi), found in cells.items():
        of_std, of_mean = np.max(found, axis=0)
        lines.append(
            f"{mixture:<10} π = {pi:<5} {len(found)} seeds: at most {of_mean:.4f} of the mean and "
            f"{100 * of_std:.2f} % of the deviation"
        )
    return lines


def main(arguments: list[str] | None = None) -> None:
    """Trains, prints and plots; see the module docstring."""
    options = _parser().parse_args(arguments)
    starts = {name: STARTS[name] for name in options.mixtures}
    wanted = grid(starts, options.pis, options.seeds, options.steps)
    for folder in (options.workdir, options.output):
        folder.mkdir(parents=True, exist_ok=True)
    runs = complete(wanted, options.output / "adversarial_figure1.json", options.workdir)
    runs = best_starts(runs)
    print("\n".join(summary(runs)))
    curve = np.union1d(CURVE, options.pis)
    panels = {
        name: ([exact(name, pi) for pi in curve], [run for run in runs if run["mixture"] == name])
        for name in starts
    }
    figure = plots.trained_curves(curve, panels)
    plots.save(figure, options.output / "adversarial_figure1.png")


def _parser():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--workdir", type=pathlib.Path, required=True, help="for the run folders")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="for JSON and figure")
    parser.add_argument("--mixtures", nargs="+", choices=list(STARTS), default=list(STARTS))
    parser.add_argument("--pis", nargs="+", type=float, default=PIS, help="weights of the data")
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS)
    parser.add_argument("--steps", type=int, default=STEPS, help="training steps of each run")
    return parser


if __name__ == "__main__":
    explained(main)()
