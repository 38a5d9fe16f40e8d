"""Measures how near the bound of a discriminator comes to the true JS_π, the generator fixed.

    python -m experiments.discriminators --part=enumerated
    python -m experiments.discriminators --part=long

The data are known texts of an `oracle`, and the generator is trained by likelihood: of five
tokens and too simple for them, where every divergence is a sum over all texts; or of twelve tokens
from a vocabulary of 20, by the LSTM of `experiments.quality_diversity`, where the divergence is
estimated. A discriminator then trains alone, as in the warm-up of a game: convolutional,
recurrent, or recurrent and initialised from a language model of the data, which is another than
the generator and has seen four times as many of them; or it is the likelihood ratio of that
language model and the generator, which proves something before its first update. The long texts
have a ratio with a larger language model, too, of 256 units and trained on a million texts. Writes
discriminators.json and discriminators.png into docs/figures; rerun the command to resume. At the
end it prints the bounds as a table in Markdown.
"""

import argparse
import dataclasses
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
SHARES = (0, 0.05, 0.25, 1.0)  # of the steps, at which the bound is measured
PLAIN, LARGE = f"lstm(units={WIDTH}, layers=1)", f"lstm(units={4 * WIDTH}, layers=1)"
_TEXT_GAN = 'text_gan(generator="{{}}", discriminator="{}", width={})'
_RATIO = 'likelihood_ratio_gan(generator="{{}}", data_model="{}")'


@dataclasses.dataclass(frozen=True)
class Kind:
    """A discriminator.

    Attributes:
        pair: the spec of a pair, with {} for the generator's.
        language_model: the spec of the language model that initialises it; None: new weights.
        parts: the data that it is measured on.
    """

    pair: str
    language_model: str | None = None
    parts: tuple[str, ...] = PARTS


KINDS = {
    "convolutional": Kind(_TEXT_GAN.format("convolutional", WIDTH)),
    "recurrent": Kind(_TEXT_GAN.format("recurrent", WIDTH)),
    "recurrent, from a language model": Kind(_TEXT_GAN.format("recurrent", WIDTH), PLAIN),
    "likelihood ratio": Kind(_RATIO.format(PLAIN), PLAIN),
    "likelihood ratio, larger model": Kind(_RATIO.format(LARGE), LARGE, ("long",)),
}


def kinds_of(part: str) -> dict[str, Kind]:
    """The discriminators that are measured on some data, by name."""
    return {name: kind for name, kind in KINDS.items() if part in kind.parts}


def marks(steps: int) -> list[int]:
    """Lists the steps at which the bound is measured; the first update is the least there is."""
    return [max(1, round(share * steps)) for share in SHARES]


def language_model(part: str, model: str, folder: pathlib.Path, steps: int) -> Run:
    """Trains a language model of the data: the larger one longer, and on ten times as many."""
    if model == LARGE:
        data = DATA[part].replace("count=100000", "count=1000000")
        return likelihood(data, model, 1, folder / "large_model", 6 * steps, 256, 3e-3)
    return likelihood(DATA[part], model, 1, folder / "language_model", 4 * steps, BATCHES[part])


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
    left = [(name, mark) for name in kinds_of(part) for mark in marks(steps)
            if f"{part}, {name}, step {mark}" not in record["runs"]]  # fmt: skip
    if not left:
        return
    begun = likelihood(DATA[part], MODELS[part], 0, folder / "generator", steps, batch_size)
    for name, mark in left:
        kind, its = KINDS[name], None
        if kind.language_model is not None:
            trained = language_model(part, kind.language_model, folder, steps)
            its = str(trained.folder.path)
        run = ratio(
            begun, kind.pair, folder / name.replace(", ", "_").replace(" ", "_"), steps,
            batch_size, its, mark,
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
    """Formats the bounds in Markdown: a row for each discriminator, a column for each mark."""
    every = marks(record["settings"]["steps"])
    titles = ("texts", "discriminator", *(f"after {mark:,}" for mark in every), "JS")
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for part, (true, _) in record["divergences"].items():
        for name in kinds_of(part):
            runs = (record["runs"][f"{part}, {name}, step {mark}"] for mark in every)
            cells = (f"{run['bound']:z.3f}" for run in runs)
            lines.append(f"| {part} | {name} | {' | '.join(cells)} | {true:.3f} |")
    return "\n".join(lines)


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
