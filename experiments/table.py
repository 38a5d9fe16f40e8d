"""Writes the results table of README.md from the flagfiles and results in this folder.

python -m experiments.table          the table anew
python -m experiments.table NAME     first takes over runs/NAME/metrics.json as the result

A flagfile's header has a line of description, then `Time:` and `Hardware:`. A result may have a
`note`, a clause on what to know of it, which goes when a new result is taken over.
"""

import json
import pathlib
import re
import shutil
import sys

ROOT = pathlib.Path(__file__).parent.parent
BEGIN, END = "<!-- results -->", "<!-- end of results -->"
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
WITHOUT_UNIT = ("num_classes_seen", "lenet_fd", "precision", "recall", "coverage")


def row(flagfile: pathlib.Path) -> str:
    """One row of the table."""
    text = flagfile.read_text(encoding="utf-8")
    flags = dict(re.findall(r"^--(\w+)=(.+)$", text, flags=re.MULTILINE))
    header = dict(re.findall(r"^# (Time|Hardware): +(.+)$", text, flags=re.MULTILINE))
    result = json.loads(flagfile.with_suffix(".json").read_text(encoding="utf-8"))
    specs = "<br>".join(f"`{flags[name]}`" for name in ("data", "model", "objective"))
    figures = "<br>".join(figure(n, result["metrics"][n]) for n in SHOWN if n in result["metrics"])
    seed = result["experiment"]["seed"]
    note = f"; {result['note']}" if "note" in result else ""
    how = f"{header['Time']}, {header['Hardware']}, seed {seed}{note}"
    return f"| {specs} | {figures} | {how} | `{flagfile.relative_to(ROOT)}` |"


def figure(name: str, measured: dict) -> str:
    """One figure with its standard error, unit and split, and what real data would have."""
    error = f" ± {measured['standard_error']:.3f}" if measured["standard_error"] else ""
    value = f"{measured['value']:.3f}" if error else f"{measured['value']:g}"
    name = name.partition("@")[0]
    unit = "" if name in WITHOUT_UNIT else f" {measured['unit']}"
    on = f" on {measured['split']}" if name == "nll" else ""
    ceiling = measured.get("ceiling")
    real = f" (real images {ceiling:.3f})" if ceiling is not None and error else ""
    return f"{NAMES.get(name, name.replace('_', ' '))} {value}{error}{unit}{on}{real}"


def table() -> str:
    """The whole table, in Markdown."""
    flagfiles = sorted((ROOT / "experiments").glob("*.flags"))
    return "\n".join(
        [
            "| data, model, objective | result | time, hardware, seed | flagfile |",
            "|---|---|---|---|",
            *(row(path) for path in flagfiles),
        ]
    )


def with_table(readme: str) -> str:
    """The README with the table between its two marks."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def main():
    """Takes over results that are named, and writes the table."""
    for name in sys.argv[1:]:
        source = ROOT / "runs" / name / "metrics.json"
        shutil.copyfile(source, ROOT / "experiments" / f"{name}.json")
    readme = ROOT / "README.md"
    readme.write_text(with_table(readme.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
