"""Writes the results tables of README.md and docs/results.md from the files in this folder.

python -m experiments.table          rewrites the tables
python -m experiments.table NAME     first copies runs/NAME/metrics.json here as the result of NAME

The table of docs/results.md has a row for each flagfile, that of README.md the rows in `HEADLINE`;
another of docs/results.md has the results of zoo/pretrained/published.json beside ours.
A flagfile's header has a line of description, then `Time:` and `Hardware:`. A result may have a
`note`, a clause on what to know about it, which a new result replaces.
"""

import json
import pathlib
import re
import shutil
import sys

from zoo.pretrained import card

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
    return text, flags, json.loads(flagfile.with_suffix(".json").read_text(encoding="utf-8"))


def row(flagfile: pathlib.Path) -> str:
    """Formats one row of the full table."""
    text, flags, result = read(flagfile)
    header = dict(re.findall(r"^# (Time|Hardware): +(.+)$", text, flags=re.MULTILINE))
    specs = "<br>".join(f"`{flags[name]}`" for name in ("data", "model", "objective"))
    figures = "<br>".join(figure(n, result["metrics"][n]) for n in SHOWN if n in result["metrics"])
    seed = result["experiment"]["seed"]
    note = f"; {result['note']}" if "note" in result else ""
    how = f"{header['Time']}, {header['Hardware']}, seed {seed}{note}"
    return f"| {specs} | {figures} | {how} | `{flagfile.relative_to(ROOT)}` |"


def headline_row(name: str) -> str:
    """Formats one row of README.md's table, for a flagfile in `HEADLINE`."""
    shown, published = HEADLINE[name]
    _, flags, result = read(ROOT / "experiments" / f"{name}.flags")
    specs = " | ".join(f"`{flags[key]}`" for key in ("data", "objective", "model"))
    ours = figure(shown, result["metrics"][shown]).removesuffix(" on test")
    return f"| {specs} | {ours} | {published} | `train.py --flagfile=experiments/{name}.flags` |"


def figure(name: str, measured: dict) -> str:
    """Formats a figure with its standard error, unit and split, and its ceiling."""
    error = f" ± {measured['standard_error']:.3f}" if measured["standard_error"] else ""
    value = f"{measured['value']:.3f}" if error else f"{measured['value']:g}"
    name = name.partition("@")[0]
    unit = "" if name in WITHOUT_UNIT else f" {measured['unit']}"
    on = f" on {measured['split']}" if name == "nll" else ""
    ceiling = measured.get("ceiling")
    real = f" (real images {ceiling:.3f})" if ceiling is not None and error else ""
    return f"{NAMES.get(name, name.replace('_', ' '))} {value}{error}{unit}{on}{real}"


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
    return measured["value"], f"{model} | **{card.figure(measured)}** | `{name}`"


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


def main():
    """Copies the results that are named, and writes the tables."""
    for name in sys.argv[1:]:
        source = ROOT / "runs" / name / "metrics.json"
        shutil.copyfile(source, ROOT / "experiments" / f"{name}.json")
    for document, tables in TABLES.items():
        path = ROOT / document
        path.write_text(with_tables(path.read_text(encoding="utf-8"), tables), encoding="utf-8")


if __name__ == "__main__":
    main()
