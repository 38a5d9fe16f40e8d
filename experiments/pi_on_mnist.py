"""Effect of π on samples of MNIST: a small and a larger GAN at five values, three seeds each.

    python -m experiments.pi_on_mnist

trains the runs that are missing in the file of results into runs/pi_on_mnist, evaluates each with
10,000 samples against as many test images, and writes docs/figures/pi_on_mnist.json with the
results, .svg with the metrics over π, _classes.svg with the classes of samples, .png with samples.
Rerun the command to resume, also within a run. At the end it prints the results as a table in
Markdown.
"""

import argparse
import os
import pathlib
import re
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from experiments import results
from zoo import Experiment, metrics, spec, train
from zoo.domains import pictures
from zoo.errors import SpecError, explained
from zoo.metrics import class_histogram
from zoo.runs import run_folder
from zoo.runs.evaluation import of_real_examples

# Steps of a run by model, two to five minutes on one core.
MODELS = {"dcgan(width=16)": 5_000, "dcgan(width=32)": 4_000}
# Without the penalty the discriminator saturates for most of the steps at small π. With spectral
# normalisation it is so flat that its bound is near 0 at all π, which compares nothing.
OBJECTIVE = "generalised_js(pi={pi}, r1=0.1)"
PIS = (0.01, 0.1, 0.5, 0.9, 0.99)
SEEDS = (0, 1, 2)
METRICS = ("manifold", "lenet_fd", "class_histogram")
MEASURES = {
    "precision": "precision ↑",
    "recall": "recall ↑",
    "density": "density",
    "coverage": "coverage ↑",
    "lenet_fd": "LeNet-FD ↓",
    "class_kl": "class KL ↓",
}
_COLUMNS = 12  # samples of a run in the picture
_STYLE = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "pi_on_mnist",
}


def settings(arguments: argparse.Namespace) -> dict:
    """Settings shared by all results of one file, as JSON."""
    names = "data", "batch_size", "learning_rate", "count"
    return {name: getattr(arguments, name) for name in names}


def experiments(arguments: argparse.Namespace) -> dict[str, Experiment]:
    """Runs by name, all those of the first seed first."""
    return {
        _name(model, pi, seed): Experiment(
            data=arguments.data,
            model=model,
            objective=OBJECTIVE.format(pi=pi),
            steps=arguments.steps or MODELS[model],
            batch_size=arguments.batch_size,
            learning_rate=arguments.learning_rate,
            decay="cosine",
            optimizer="adam(beta_1=0.5)",
            average_decay=0.999,
            seed=seed,
            sample_every=1000,
            data_dir=arguments.data_dir,
        )
        for seed in arguments.seeds
        for model in arguments.models
        for pi in arguments.pis
    }


def _name(model, pi, seed):
    return f"{re.sub(r'[^A-Za-z0-9.]+', '_', model).strip('_')}_pi_{pi}_seed_{seed}"


def complete(found: dict, arguments: argparse.Namespace) -> None:
    """Trains and evaluates the runs without a result, and writes the file after each."""
    wanted = experiments(arguments)
    left = {name: made for name, made in wanted.items() if name not in found["runs"]}
    if not left:
        return
    dataset = spec.build("data", arguments.data, arguments.data_dir)
    ceiling = of_real_examples(dataset, "test", arguments.count, seed=0)
    found["ceiling"] = measured(ceiling)
    for number, (name, made) in enumerate(left.items(), start=len(wanted) - len(left) + 1):
        print(f"{number} of {len(wanted)}: {name}", flush=True)
        begin = time.monotonic()
        run = train(made, str(arguments.workdir / name))
        seconds = time.monotonic() - begin
        found["runs"][name] = {
            "model": made.model,
            "pi": spec.parse(made.objective)[1]["pi"],
            "seed": made.seed,
            "steps": made.steps,
            "seconds": round(seconds, 1),  # less for a resumed run
            "measured": measured(ceiling.of(run.draw(ceiling.count))),
        }
        run_folder.write_json(json_file(arguments), found)


def measured(comparison: metrics.Comparison) -> dict:
    """Values of all metrics for one set of samples, and the share of each class."""
    values = {"class_shares": class_histogram.shares(comparison.generated).tolist()}
    for name in METRICS:
        found = metrics.find(name).compare(comparison)
        values |= {key: measurement.value for key, measurement in found.items()}
    return values


def read(arguments: argparse.Namespace) -> dict:
    """Reads the results.

    Raises:
        SpecError: they were made with other settings.
    """
    path = json_file(arguments)
    found = results.read(path, settings(arguments))
    for name, made in experiments(arguments).items():
        steps = found["runs"].get(name, {}).get("steps", made.steps)
        if steps != made.steps:
            raise SpecError(
                f"{path} has {name} at {steps} steps, now {made.steps}: pass another --output."
            )
    return found


def json_file(arguments: argparse.Namespace) -> pathlib.Path:
    """Path of the results."""
    return arguments.output / "pi_on_mnist.json"


def of_runs(found: dict, model: str, pi: float, measure: str) -> list:
    """Values of a metric, or the class shares, one per seed."""
    runs = found["runs"].values()
    return [run["measured"][measure] for run in runs if (run["model"], run["pi"]) == (model, pi)]


def table(found: dict, arguments: argparse.Namespace) -> str:
    """Formats means and standard deviations over seeds in Markdown."""
    measures = {**MEASURES, "num_classes_seen": "classes seen"}
    lines = [
        f"| model | π | {' | '.join(measures.values())} |",
        "|---" * (len(measures) + 2) + "|",
    ]
    for model in arguments.models:
        for pi in arguments.pis:
            cells = [results.over_seeds(of_runs(found, model, pi, measure)) for measure in measures]
            lines.append(f"| `{model}` | {pi} | {' | '.join(cells)} |")
    ceiling = [f"{found['ceiling'][measure]:.3f}" for measure in measures]
    lines.append(f"| other real images | | {' | '.join(ceiling)} |")
    return "\n".join(lines)


def curves(found: dict, arguments: argparse.Namespace) -> Figure:
    """Plots each metric over π: every run, the means over seeds, and real images (dotted)."""
    figure = Figure(figsize=(8.4, 4.6), layout="constrained")
    axes = figure.subplots(2, 3, sharex=True).flatten()
    for ax, (measure, title) in zip(axes, MEASURES.items(), strict=True):
        _draw_curves(ax, found, arguments, measure)
        ax.set_title(title)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    for ax in axes[3:]:
        ax.set_xlabel("π, the weight of the data")
    return figure


def _draw_curves(ax, found, arguments, measure):
    places = np.arange(len(arguments.pis))
    for number, model in enumerate(arguments.models):
        values = [of_runs(found, model, pi, measure) for pi in arguments.pis]
        color = f"C{number}"
        ax.plot(places, [np.mean(each) for each in values], color=color, label=model)
        for place, each in zip(places, values, strict=True):
            ax.plot([place] * len(each), each, ".", color=color, markersize=4)
    ax.axhline(found["ceiling"][measure], color="0.5", linestyle=":", label="real images")
    ax.set_xticks(places, [f"{pi:g}" for pi in arguments.pis])


def histograms(found: dict, arguments: argparse.Namespace) -> Figure:
    """Plots the share of each class over π: every run, the means over seeds, and real images."""
    rows, columns, classes = len(arguments.models), len(arguments.pis), np.arange(10)
    figure = Figure(figsize=(8.4, 0.6 + 1.3 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for row, model in zip(axes, arguments.models, strict=True):
        row[0].set_ylabel(f"{model}\nshare of class")
        for ax, pi in zip(row, arguments.pis, strict=True):
            shares = np.array(of_runs(found, model, pi, "class_shares"))
            ax.bar(classes, shares.mean(axis=0), color="C0", alpha=0.5)
            for each in shares:
                ax.plot(classes, each, ".", color="C0", markersize=3)
            real = found["ceiling"]["class_shares"]
            ax.plot(classes, real, "_", color="black", markersize=6)
            ax.set(title=f"π = {pi:g}", xticks=classes)
    return figure


def samples(arguments: argparse.Namespace) -> Figure:
    """Plots samples of the first seed's runs, a row per π, models side by side."""
    wanted = experiments(arguments)
    figure = Figure(figsize=(4.4 * len(arguments.models), 1.9), layout="compressed")
    axes = figure.subplots(1, len(arguments.models), squeeze=False)[0]
    for ax, model in zip(axes, arguments.models, strict=True):
        names = [_name(model, pi, arguments.seeds[0]) for pi in arguments.pis]
        # Loads the runs; trains them only if the file of results came without them.
        runs = [train(wanted[name], str(arguments.workdir / name)) for name in names]
        drawn = np.concatenate([run.samples(_COLUMNS) for run in runs])
        ax.imshow(pictures.grid(drawn, _COLUMNS), cmap="gray", interpolation="nearest")
        size = drawn.shape[1] + 2
        places = [2 + size * (row + 0.5) for row in range(len(names))]
        ax.set_yticks(places, [f"π = {pi:g}" for pi in arguments.pis])
        ax.set(title=model, xticks=[])
    return figure


def arguments_of(given: list[str] | None = None) -> argparse.Namespace:
    """Parses the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("docs/figures"))
    parser.add_argument("--workdir", type=pathlib.Path, default=pathlib.Path("runs/pi_on_mnist"))
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--data_dir", help="where tensorflow-datasets keeps its data")
    parser.add_argument("--models", nargs="+", default=list(MODELS))
    parser.add_argument("--pis", nargs="+", type=float, default=PIS)
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS)
    parser.add_argument("--steps", type=int, help="of every run; by default as in MODELS")
    parser.add_argument("--batch_size", type=int, default=64)
    parser.add_argument("--learning_rate", type=float, default=1e-3)
    parser.add_argument("--count", type=int, default=10_000, help="number of samples")
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> None:
    """Trains, evaluates, plots and prints."""
    arguments = arguments_of(given)
    arguments.output.mkdir(parents=True, exist_ok=True)
    found = read(arguments)
    complete(found, arguments)
    path = arguments.output / "pi_on_mnist"
    with matplotlib.rc_context(_STYLE):  # also decides the identifiers in an SVG
        for figure, end in ((curves, ".svg"), (histograms, "_classes.svg")):
            figure(found, arguments).savefig(f"{path}{end}", metadata={"Date": None})
        samples(arguments).savefig(f"{path}.png", dpi=150)
    print(table(found, arguments))


if __name__ == "__main__":
    explained(main)()
