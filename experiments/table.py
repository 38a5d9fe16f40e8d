"""Writes the results tables of README.md and docs/results.md from the files in this folder.

python -m experiments.table          rewrites the tables
python -m experiments.table NAME     first takes runs/NAME/metrics.json as the result of NAME; where
                                     NAME was trained by --seeds, those of runs/NAME/seed_*

The table of docs/results.md has a row for each flagfile, that of README.md the rows in `HEADLINE`;
another of docs/results.md has the results of zoo/pretrained/published.json beside ours.
A flagfile's header has a line of description, then `Time:` and `Hardware:`. A result may have a
`note`, a clause on what to know about it, which a new result replaces.
"""

import json
import pathlib
import re
import statistics
import sys

from zoo.errors import explained, require
from zoo.pretrained import card
from zoo.runs import seeds
from zoo.runs.run_folder import write_json

ROOT = pathlib.Path(__file__).parent.parent
BEGIN, END = "<!-- {} -->", "<!-- end of {} -->"
SHOWN = (
    *("nll@validation", "nll", "divergence_bound", "num_classes_seen", "class_kl"),
    *("lenet_fd", "precision", "recall", "coverage"),
)
NAMES = {
    "nll": "NLL",
    "num_classes_seen": "classes seen",
    "class_kl": "class KL",
    "lenet_fd": "LeNet-FD",
}
# The rows of README.md: flagfile -> figure shown, and the published figure beside it.
HEADLINE = {
    "binarized_mnist_transformer": ("nll", "79.20 (PixelRNN)"),
    "binarized_mnist_pixel_cnn": ("nll", "81.30 (PixelCNN)"),
    "binarized_mnist_lstm": ("nll", "86.64 (MADE)"),
    "binarized_mnist_lstm_scheduled_sampling": ("nll", "–"),
    "tiny_shakespeare_lstm": ("nll", "1.4697 (nanoGPT, validation and test together)"),
    "mnist_dcgan_labels": ("lenet_fd", "–"),
}
WITHOUT_UNIT = ("num_classes_seen", "lenet_fd", "precision", "recall", "coverage")


def read(flagfile: pathlib.Path) -> tuple[str, dict, dict]:
    """Returns the text of a flagfile, its flags, and the result beside it."""
    text = flagfile.read_text(encoding="utf-8")
    flags = dict(re.findall(r"^--(\w+)=(.+)$", text, flags=re.MULTILINE))
    return text, flags, _json(flagfile.with_suffix(".json"))


def row(flagfile: pathlib.Path) -> str:
    """Formats one row of the full table."""
    text, flags, result = read(flagfile)
    header = dict(re.findall(r"^# (Time|Hardware): +(.+)$", text, flags=re.MULTILINE))
    specs = "<br>".join(f"`{flags[name]}`" for name in ("data", "model", "objective"))
    figures = "<br>".join(figure(n, result["metrics"][n]) for n in SHOWN if n in result["metrics"])
    used = result["experiment"]["seed"]
    seed = f"seeds {', '.join(map(str, used))}" if isinstance(used, list) else f"seed {used}"
    note = f"; {result['note']}" if "note" in result else ""
    how = f"{header['Time']}, {header['Hardware']}, {seed}{note}"
    return f"| {specs} | {figures} | {how} | `{flagfile.relative_to(ROOT)}` |"


def headline_row(name: str) -> str:
    """Formats one row of README.md's table, for a flagfile in `HEADLINE`."""
    shown, published = HEADLINE[name]
    _, flags, result = read(ROOT / "experiments" / f"{name}.flags")
    specs = " | ".join(f"`{flags[key]}`" for key in ("data", "objective", "model"))
    ours = figure(shown, result["metrics"][shown]).replace(" on test", "")
    if "together" in published:
        both = card.together(result["metrics"], shown, ["validation", "test"])
        ours += (
            f", {both['value']:.3f} ± {both['standard_error']:.3f} on validation and test together"
        )
    return f"| {specs} | {ours} | {published} | `train.py --flagfile=experiments/{name}.flags` |"


def figure(name: str, measured: dict) -> str:
    """Formats a figure with its standard error, unit and split, and its ceiling.

    Over several seeds it is the mean ± the sample standard deviation.
    """
    values = measured.get("values", [])
    deviation = statistics.stdev(values) if values else measured["standard_error"]
    error = f" ± {deviation:.3f}" if deviation or values else ""
    value = f"{measured['value']:.3f}" if error else f"{measured['value']:g}"
    name = name.partition("@")[0]
    unit = "" if name in WITHOUT_UNIT else f" {measured['unit']}"
    on = f" on {measured['split']}" if name == "nll" else ""
    ceiling = measured.get("ceiling")
    real = f" (real images {ceiling:.3f})" if ceiling is not None and error else ""
    over = f" over {len(values)} seeds" if values else ""
    return f"{NAMES.get(name, name.replace('_', ' '))} {value}{error}{unit}{on}{over}{real}"


def over_seeds(records: list[dict]) -> dict:
    """Joins the results of runs that differ in their seed alone.

    Args:
        records: the content of metrics.json for each run.

    Returns:
        A result whose experiment has the list of seeds. Each metric has the list of `values` and
        their mean as its `value`; its standard error, which is that of one run, is None. Metrics
        that are missing or not finite in one of the runs are left out.

    Raises:
        SpecError: fewer than two runs; or experiments, or settings of their evaluation, that
            differ in more than the seed.
    """
    used = [record["experiment"]["seed"] for record in records]
    require(
        len(set(used)) == len(used) > 1,
        f"A mean over seeds takes at least two different seeds; received {used}.",
    )
    first, *others = records
    for record in others:
        changed = sorted(_settings(first).items() ^ _settings(record).items())
        require(
            not changed,
            f"The results of seeds {used} are not of one experiment: "
            f"{', '.join(dict.fromkeys(name for name, _ in changed))} differs. Train and evaluate "
            "all seeds by the same command.",
        )
    joined = {"metrics": dict(_joined(records))}
    joined["experiment"] = first["experiment"] | {"seed": used}
    return {name: first[name] for name in ("evaluation", "versions")} | joined


def _settings(record):
    """Settings that have to agree, as text by name: all but the seed, and the evaluation."""
    experiment = {**record["experiment"], "seed": None, "step": None}
    evaluation = {name: record["evaluation"][name] for name in ("sampler", "count", "seed")}
    named = {f"evaluation {name}": value for name, value in evaluation.items()}
    return {name: repr(value) for name, value in (experiment | named).items()}


def _joined(records):
    """Each metric that all records have, with its values."""
    for name, measured in records[0]["metrics"].items():
        values = [record["metrics"].get(name, {}).get("value") for record in records]
        if None not in values:
            mean = statistics.mean(values)
            yield name, measured | {"value": mean, "standard_error": None, "values": values}


def table() -> str:
    """Formats the full table, in Markdown."""
    return "\n".join(
        [
            "| data, model, objective | result | time, hardware, seed | flagfile |",
            "|---|---|---|---|",
            *(row(path) for path in sorted((ROOT / "experiments").glob("*.flags"))),
        ]
    )


def headline() -> str:
    """Formats the table of README.md, in Markdown."""
    return "\n".join(
        [
            "| data | objective | model | ours | published | command |",
            "|---|---|---|---|---|---|",
            *map(headline_row, HEADLINE),
        ]
    )


def beside_published() -> str:
    """Formats what was obtained here beside what is published on the same data, best first."""
    lines = ["| data and unit | model | result | source |", "|---|---|---|---|"]
    flagfiles = sorted((ROOT / "experiments").glob("*.flags"))
    for data in sorted({_data(path) for path in flagfiles}):
        found = card.published_for(data)
        ours = [row for path in flagfiles if _data(path) == data and (row := _ours(path, found))]
        if not ours:
            continue
        theirs = [
            (float(one["result"].split()[0]), f"{one['model']} | {one['result']} | {one['source']}")
            for one in found["results"]
        ]
        rows = sorted(ours + theirs, reverse=found["better"] == "higher")
        lines += [f"| `{data}`, {found['unit']} | {row} |" for _, row in rows]
    return "\n".join(lines)


def _data(flagfile):
    return read(flagfile)[1]["data"].partition("(")[0]


def _ours(flagfile, found):
    """The value and a row of one of our results, if it was measured as the published ones were."""
    _, flags, result = read(flagfile)
    measured = found and card.together(result["metrics"], found["metric"], found["splits"])
    if not measured:
        return None
    name = flagfile.relative_to(ROOT)
    model = f"**`{flags['model']}`, `{flags['objective']}`**"
    return measured["value"], f"{model} | **{_beside(measured)}** | `{name}`"


def _beside(measured):
    """A figure as that of published results, and of a mean over seeds their number."""
    values = measured.get("values")
    if not values:
        return card.figure(measured)
    spread = card.figure(measured | {"standard_error": statistics.stdev(values)})
    return f"{spread} over {len(values)} seeds"


# Document -> the tables in it, by their marks.
TABLES = {
    "README.md": {"results": headline},
    "docs/results.md": {"results": table, "published": beside_published},
}


def with_tables(document: str, tables: dict) -> str:
    """Returns a document's text with other tables between their marks.

    Args:
        document: the text.
        tables: functions that format a table, by the name of its marks.
    """
    for name, write in tables.items():
        begin, end = BEGIN.format(name), END.format(name)
        before, _, rest = document.partition(begin)
        _, _, after = rest.partition(end)
        document = f"{before}{begin}\n\n{write()}\n\n{end}{after}"
    return document


def measured(workdir: pathlib.Path) -> dict:
    """Reads the result of a run folder, or of a folder of runs by several seeds."""
    folders = [pathlib.Path(path) for path in seeds.folders(str(workdir))]
    for folder in folders:
        require(
            (folder / "metrics.json").is_file(),
            f"{folder} holds no metrics.json. Measure it first: python evaluate.py "
            f"--workdir={workdir}.",
        )
    records = [_json(folder / "metrics.json") for folder in folders]
    for folder, record in zip(folders, records, strict=True):
        made, wanted = (record["experiment"][name] for name in ("step", "steps"))
        require(
            made == wanted or record["experiment"].get("keep_best") is not None,
            f"{folder} was measured at step {made:,} of {wanted:,}: train it to its end, and "
            "measure it again.",
        )
    return records[0] if folders == [workdir] else over_seeds(records)


def _json(path):
    return json.loads(path.read_text(encoding="utf-8"))


def main():
    """Takes the results that are named, and writes the tables."""
    for name in sys.argv[1:]:
        write_json(ROOT / "experiments" / f"{name}.json", measured(ROOT / "runs" / name))
    for document, tables in TABLES.items():
        path = ROOT / document
        path.write_text(with_tables(path.read_text(encoding="utf-8"), tables), encoding="utf-8")


if __name__ == "__main__":
    explained(main)()
