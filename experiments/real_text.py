"""Compares objectives for a small text generator on real texts, by a strong reference model.

    python -m experiments.real_text --part=captions --captions=FOLDER
    python -m experiments.real_text --part=shakespeare

The generator is too small for the data. It is trained by likelihood, and from there for as many
steps again: by likelihood, and by JS_π against a discriminator (REINFORCE) and with a mediator.
Samples, those of likelihood at several temperatures too, are scored by a reference language model
that is much better than the generator: the published models `captions_lstm` and
`tiny_shakespeare_gru`. Likelihoods of test texts are without those that hold an unknown token,
which no sample does. Writes real_text_PART.json and .png into docs/figures; rerun the command to
resume, also within a run. At the end it prints the results as a table in Markdown.
"""

import argparse
import dataclasses
import pathlib

import numpy as np

import zoo
from experiments import plots, results, text_kinds
from experiments.text_kinds import LIKELIHOOD, Kind
from zoo import spec
from zoo.data.base.splits import Dataset
from zoo.errors import explained, require
from zoo.metrics.base import standard_errors
from zoo.runs.evaluation import evaluate
from zoo.runs.run import Run
from zoo.runs.run_folder import write_json

GENERATOR = "gru(units=32, layers=1)"
PIS, TEMPERATURES, STEPS = (0.5, 0.9), (0.6, 0.7, 0.8, 0.9, 1.0), 1000
METRICS = ("nll", "self_bleu", "reverse_lm_score")
MEASURES = {
    "reference_nats": "nats under the reference ↓",
    "reverse_lm_score": "reverse LM score ↓",
    "self_bleu_4": "Self-BLEU-4",
    "nll": "nats of test texts ↓",
}
FURTHER = "maximum likelihood, further"
REFERENCES = {"captions": "captions_lstm", "shakespeare": "tiny_shakespeare_gru"}
_AT_ONCE = 100


def data_of(part: str, captions: pathlib.Path) -> str:
    """The spec of the data of a part."""
    if part == "shakespeare":
        return "tiny_shakespeare(length=100)"
    train, test = (str(captions / name) for name in ("image_coco.txt", "test_coco.txt"))
    return (
        f"text_file(path={train!r}, test={test!r}, level='word', length=25, vocabulary_size=5000)"
    )


def kinds(steps: int) -> dict[str, Kind]:
    """Likelihood, and JS_π from it, by name."""
    found = {
        LIKELIHOOD: Kind("maximum_likelihood", GENERATOR, steps),
        FURTHER: Kind("maximum_likelihood", GENERATOR, steps, 1e-3, LIKELIHOOD),
    }
    pair = f'text_gan(generator="{GENERATOR}", discriminator="recurrent", width=128, dropout=0.3)'
    mediated = f'mediated(generator="{GENERATOR}", mediator="lstm(units=256, layers=1)")'
    for pi in PIS:
        adversarial = (
            f"generalised_js(pi={pi}, discriminator_steps=2, discriminator_warmup={steps // 4})"
        )
        found[f"REINFORCE, π = {pi}"] = Kind(adversarial, pair, steps, 1e-3, LIKELIHOOD)
        cooperative = (
            f"mediated_js(pi={pi}, future=True, mediator_steps=2, mediator_warmup={steps // 4})"
        )
        found[f"mediator, π = {pi}"] = Kind(cooperative, mediated, steps, 1e-3, LIKELIHOOD)
    return found


def score(model: Run, texts: np.ndarray) -> tuple[float, float | None]:
    """-Σ log Q_ref(x) / Σ length(x) of texts in nats per token, and its standard error."""
    nats = [-model.generator.log_prob(texts[i : i + _AT_ONCE]).numpy()
            for i in range(0, len(texts), _AT_ONCE)]  # fmt: skip
    lengths = model.generator.token_mask(texts).numpy().sum(axis=-1)
    nats = np.float64(np.concatenate(nats))
    return float(nats.sum() / lengths.sum()), standard_errors.of_ratio(nats, lengths)


def real_texts(dataset: Dataset, count: int) -> np.ndarray:
    """Test texts without an unknown token, int32 [at most count, length]."""
    texts = dataset.test.batch(0, min(len(dataset.test), 10 * count), 0).numpy()
    unknown = np.any(texts == dataset.domain.vocabulary.unknown, axis=1)
    return texts[~unknown][:count]


def measured(run: Run, judge: Run, count: int) -> dict:
    """Measures of one set of samples, with the ceilings of real texts where there are any."""
    found = evaluate(run, splits=("test",), metrics=METRICS, count=count)
    value, error = score(judge, run.draw(count, seed=1))
    return {
        "measured": {"reference_nats": value}
        | {key: found[key].value for key in MEASURES if key in found},
        "standard_errors": {"reference_nats": error}
        | {key: found[key].standard_error for key in MEASURES if key in found},
        "samples": run.samples(5),
    }


def complete(record: dict, path: pathlib.Path, options: argparse.Namespace, data: str) -> None:
    """Trains and measures what has no result, and writes the file after each."""
    workdir, left = options.workdir / options.part, {}
    for name in options.kinds:
        samplers = {name: "temperature(temperature=1.0)"}
        if name == FURTHER:
            samplers = {f"{name}, temperature {t:g}": f"temperature(temperature={t})"
                        for t in TEMPERATURES}  # fmt: skip
        for key, sampler in samplers.items():
            if key not in record["runs"]:
                left[key] = name, sampler
    if not left and "real_texts" in record:
        return
    name, dataset = REFERENCES[options.part], spec.build("data", data, None)
    judge = zoo.load_pretrained(name)
    require(
        judge.domain == dataset.domain,
        f"{name} was trained on other texts than {data}. Give the same captions.",
    )
    # Under the reference: [nats per token, standard error].
    record["real_texts"] = score(judge, real_texts(dataset, options.count))
    write_json(path, record)
    for key, (name, sampler) in left.items():
        run = text_kinds.trained(name, kinds(options.steps), data, 0, workdir)
        run = dataclasses.replace(run, sampler=sampler)
        record["runs"][key] = measured(run, judge, options.count)
        write_json(path, record)
        print(key, record["runs"][key]["measured"], flush=True)


def table(record: dict) -> str:
    """Formats the results in Markdown."""
    lines = [f"| | {' | '.join(MEASURES.values())} |", "|---" * (len(MEASURES) + 1) + "|"]
    for name, run in record["runs"].items():
        cells = [
            f"{run['measured'][key]:.3f} ± {run['standard_errors'][key]:.3f}" for key in MEASURES
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    value, error = record["real_texts"]
    lines.append(f"| real texts | {value:.3f} ± {error:.3f} | | | |")
    return "\n".join(lines)


def main(given: list[str] | None = None) -> None:
    """Trains, measures, plots and prints; see the module docstring."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--part", choices=REFERENCES, required=True)
    parser.add_argument("--captions", type=pathlib.Path, default=pathlib.Path("."),
                        help="folder of image_coco.txt and test_coco.txt")  # fmt: skip
    parser.add_argument("--kinds", nargs="+", choices=kinds(1), default=list(kinds(1)))
    parser.add_argument("--steps", type=int, default=STEPS, help="of every run")
    parser.add_argument("--count", type=int, default=2000, help="number of samples")
    parser.add_argument("--workdir", type=pathlib.Path, default=pathlib.Path("runs/real_text"))
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("docs/figures"))
    options = parser.parse_args(given)
    for folder in (options.workdir / options.part, options.output):
        folder.mkdir(parents=True, exist_ok=True)
    path = options.output / f"real_text_{options.part}.json"
    settings = {"part": options.part, "steps": options.steps, "count": options.count}
    record = results.read(path, settings)
    complete(record, path, options, data_of(options.part, options.captions))
    plots.save(plots.real_text(record), path.with_suffix(".png"))
    print(table(record))


if __name__ == "__main__":
    explained(main)()
