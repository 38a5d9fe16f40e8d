"""Compares objectives for one text generator on real texts: metrics and samples.

    python -m experiments.text_objectives --data=surnames --name=surnames
    python -m experiments.text_objectives --data="text_file(path='poems.txt')" --name=poems

trains the runs that are missing in the file of results into runs/text_objectives/NAME, evaluates
each with samples against as many test texts, and writes docs/figures/texts_NAME.json with the
results and samples. Rerun the command to resume, also within a run. At the end it prints the
results as a table in Markdown, and the samples.
"""

import argparse
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from experiments import results, text_kinds
from zoo.errors import explained
from zoo.runs import run_folder
from zoo.runs.evaluation import evaluate

METRICS = ("nll", "bleu", "self_bleu", "distinct", "novelty", "length_tv")
MEASURES = {
    "nll": "nats per token ↓",
    "bleu_2": "BLEU-2 ↑",
    "bleu_4": "BLEU-4 ↑",
    "self_bleu_4": "Self-BLEU-4",
    "distinct_2": "distinct-2",
    "novelty": "novelty",
    "length_tv": "lengths, TV ↓",
}
SAMPLES = 10


def kinds(units: int, steps: int | None = None) -> dict[str, text_kinds.Kind]:
    """Kinds of training by name, without those that need one seed only."""
    every = text_kinds.kinds(f"lstm(units={units}, layers=1)", "transformer()", steps)
    return {name: kind for name, kind in every.items() if not kind.once}


def json_file(arguments: argparse.Namespace) -> pathlib.Path:
    """Path of the results."""
    return arguments.output / f"texts_{arguments.name}.json"


def complete(found: dict, arguments: argparse.Namespace) -> None:
    """Trains and evaluates the runs without a result, and writes the file after each."""
    every = kinds(arguments.units, arguments.steps)
    for name in arguments.kinds:
        if name in found["runs"]:
            continue
        print(name, flush=True)
        folder = arguments.workdir / arguments.name
        run = text_kinds.trained(name, every, arguments.data, 0, folder)
        measured = evaluate(run, splits=("test",), metrics=METRICS, count=arguments.count)
        found["runs"][name] = {
            "measured": {key: measured[key].value for key in MEASURES},
            "ceilings": {key: measured[key].ceiling for key in MEASURES},
            "samples": list(run.samples(SAMPLES)),
        }
        run_folder.write_json(json_file(arguments), found)


def table(found: dict) -> str:
    """Formats the results in Markdown, with the ceilings of real texts in the last row."""
    lines = [f"| | {' | '.join(MEASURES.values())} |", "|---" * (len(MEASURES) + 1) + "|"]
    for name, run in found["runs"].items():
        lines.append(f"| {name} | {' | '.join(_cell(run['measured'][key]) for key in MEASURES)} |")
    *_, ceilings = (run["ceilings"] for run in found["runs"].values())  # the same for all runs
    lines.append(f"| other real texts | {' | '.join(_cell(ceilings[key]) for key in MEASURES)} |")
    return "\n".join(lines)


def _cell(value):
    return "" if value is None else f"{value:.3f}"


def arguments_of(given: list[str] | None = None) -> argparse.Namespace:
    """Parses the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", required=True, help="spec of a text data set")
    parser.add_argument("--name", required=True, help="of the results")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("docs/figures"))
    parser.add_argument(
        "--workdir", type=pathlib.Path, default=pathlib.Path("runs/text_objectives")
    )
    parser.add_argument("--units", type=int, default=128, help="of the LSTM")
    parser.add_argument("--steps", type=int, help="of every run; by default as in text_kinds")
    parser.add_argument("--kinds", nargs="+", choices=kinds(1), default=list(kinds(1)))
    parser.add_argument("--count", type=int, default=2000, help="number of samples")
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> None:
    """Trains, evaluates and prints."""
    arguments = arguments_of(given)
    for folder in (arguments.output, arguments.workdir / arguments.name):
        folder.mkdir(parents=True, exist_ok=True)
    settings = {name: getattr(arguments, name) for name in ("data", "units", "steps", "count")}
    found = results.read(json_file(arguments), settings)
    complete(found, arguments)
    print(table(found))
    for name, run in found["runs"].items():
        print(f"\n{name}\n\n" + "\n".join(f"    {text}" for text in run["samples"]))


if __name__ == "__main__":
    explained(main)()
