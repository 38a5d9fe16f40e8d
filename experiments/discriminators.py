"""Measures how near the bound of a discriminator comes to the true JS_π, the generator fixed.

    python -m experiments.discriminators --part=enumerated
    python -m experiments.discriminators --part=long

The data are known texts of an `oracle`, and the generator is trained by likelihood: of five
tokens and too simple for them, where every divergence is a sum over all texts; or of twelve tokens
from a vocabulary of 20, by the LSTM of `experiments.quality_diversity`, where the divergence is
estimated. A discriminator then trains alone, as in the warm-up of a game: convolutional,
recurrent, or recurrent and initialised from a language model of the data, which is another than
the generator and has seen four times as many of them. Writes
discriminators.json and discriminators.png into docs/figures; rerun the command to resume.
"""

import argparse
import pathlib

import numpy as np

from experiments import misspecified, plots, results
from experiments.refinement import likelihood, ratio
from zoo import divergences
from zoo.errors import explained
from zoo.runs.evaluation import evaluate
from zoo.runs.run import Run
from zoo.runs.run_folder import write_json
from zoo.theory.chains import all_texts

PARTS = ("enumerated", "long")
DATA = {
    "enumerated": misspecified.SOURCES["oracle"],
    "long": "oracle(vocabulary_size=20, length=12, count=100000)",
}
MODELS = {"enumerated": misspecified.GENERATOR, "long": "lstm(units=64, layers=1)"}
BATCHES = {"enumerated": 256, "long": 128}
WIDTH, COUNT, STEPS = 64, 10_000, 1000
SHARES = (0.05, 0.25, 1.0)  # of the steps, at which the bound is measured
LANGUAGE_MODEL = f"lstm(units={WIDTH}, layers=1)"  # as large as a recurrent discriminator
KINDS = {
    "convolutional": "convolutional",
    "recurrent": "recurrent",
    "recurrent, from a language model": "recurrent",
}
FROM = "recurrent, from a language model"


def marks(steps: int) -> list[int]:
    """Lists the steps at which the bound is measured."""
    return [max(1, round(share * steps)) for share in SHARES]


def bound(run: Run) -> tuple[float, float | None]:
    """The bound of JS at π = 0.5 that a run's discriminator proves, and its standard error.

    Where all texts can be enumerated it is a sum over them: the expectation itself.
    """
    if run.domain.length > misspecified.LENGTH:
        found = evaluate(run, splits=("test",), metrics=("divergence_bound",), count=COUNT)
        return found["divergence_bound"].value, found["divergence_bound"].standard_error
    texts = all_texts(misspecified.SIZE, misspecified.LENGTH)
    p, q = (np.exp(np.float64(f(texts).numpy()))
            for f in (run.dataset.log_prob, run.generator.log_prob))  # fmt: skip
    log_ratio = run.log_density_ratio(texts)
    terms = p / p.sum() * np.logaddexp(0, -log_ratio) + q / q.sum() * np.logaddexp(0, log_ratio)
    return float(np.log(2) - 0.5 * np.sum(terms)), None


def divergence(run: Run) -> tuple[float, float | None]:
    """JS at π = 0.5 of data and samples, and its standard error where it is estimated."""
    if run.domain.length > misspecified.LENGTH:
        found = evaluate(run, splits=("test",), metrics=("exact_divergences",), count=COUNT)
        return found["js_0.5"].value, found["js_0.5"].standard_error
    texts = all_texts(misspecified.SIZE, misspecified.LENGTH)
    logs = [np.float64(f(texts).numpy()) for f in (run.dataset.log_prob, run.generator.log_prob)]
    log_p, log_q = (each - np.logaddexp.reduce(each) for each in logs)
    return float(divergences.generalised_js(log_p, log_q, 0.5)), None


def complete(part: str, record: dict, path: pathlib.Path, options: argparse.Namespace) -> None:
    """Trains and measures the discriminators of one data set; writes the file after each mark."""
    folder, batch_size, steps = options.workdir / part, BATCHES[part], options.steps
    left = [(name, mark) for name in KINDS for mark in marks(steps)
            if f"{part}, {name}, step {mark}" not in record["runs"]]  # fmt: skip
    if not left:
        return
    begun = likelihood(DATA[part], MODELS[part], 0, folder / "generator", steps, batch_size)
    language_model = likelihood(
        DATA[part], LANGUAGE_MODEL, 1, folder / "language_model", 4 * steps, batch_size
    )
    for name, mark in left:
        run = ratio(
            begun, f'discriminator="{KINDS[name]}", width={WIDTH}',
            folder / name.replace(", ", "_").replace(" ", "_"), steps, batch_size,
            str(language_model.folder.path) if name == FROM else None, mark,
        )  # fmt: skip
        if part not in record["divergences"]:
            record["divergences"][part] = divergence(run)
        value, error = bound(run)
        key = f"{part}, {name}, step {mark}"
        record["runs"][key] = {"part": part, "name": name, "step": mark, "bound": value,
                               "standard_error": error}  # fmt: skip
        write_json(path, record)
        print(f"{key:<60} {value:.4f} of {record['divergences'][part][0]:.4f}", flush=True)


def table(record: dict) -> str:
    """Formats the results in Markdown."""
    lines = ["| data | discriminator | steps | bound | JS | share |", "|---" * 6 + "|"]
    for run in record["runs"].values():
        true, its_error = record["divergences"][run["part"]]
        cells = _cell(run["bound"], run["standard_error"]), _cell(true, its_error)
        lines.append(f"| {run['part']} | {run['name']} | {run['step']} | {' | '.join(cells)} "
                     f"| {run['bound'] / true:.2f} |")  # fmt: skip
    return "\n".join(lines)


def _cell(value, error):
    return f"{value:.4f}" if error is None else f"{value:.4f} ± {error:.4f}"


def main(given: list[str] | None = None) -> None:
    """Trains, measures, plots and prints; see the module docstring."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--steps", type=int, default=STEPS, help="training steps of each run")
    parser.add_argument("--workdir", type=pathlib.Path, default=pathlib.Path("runs/discriminators"))
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("docs/figures"))
    options = parser.parse_args(given)
    for folder in (options.workdir, options.output):
        folder.mkdir(parents=True, exist_ok=True)
    path = options.output / "discriminators.json"
    record = results.read(path, {"data": DATA, "steps": options.steps, "batch_size": BATCHES})
    record.setdefault("divergences", {})
    for part in options.part:
        complete(part, record, path, options)
    plots.save(plots.discriminators(record), path.with_suffix(".png"))
    print(table(record))


if __name__ == "__main__":
    explained(main)()
