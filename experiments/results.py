"""Writes the results table of README.md from the flagfiles and results in this folder.

python experiments/results.py          the table anew
python experiments/results.py NAME     first takes over runs/NAME/metrics.json as the result

A flagfile's header has a line of description, then `Time:` and `Hardware:`.
"""

import json
import pathlib
import re
import shutil
import sys

ROOT = pathlib.Path(__file__).parent.parent
BEGIN, END = "<!-- results -->", "<!-- end of results -->"
SHOWN = ("nll@validation", "nll", "divergence_bound", "num_classes_seen", "class_kl")


def row(flagfile: pathlib.Path) -> str:
    """One row of the table."""
    text = flagfile.read_text(encoding="utf-8")
    flags = dict(re.findall(r"^--(\w+)=(.+)$", text, flags=re.MULTILINE))
    header = dict(re.findall(r"^# (Time|Hardware): +(.+)$", text, flags=re.MULTILINE))
    result = json.loads(flagfile.with_suffix(".json").read_text(encoding="utf-8"))
    specs = "<br>".join(f"`{flags[name]}`" for name in ("data", "model", "objective"))
    figures = "<br>".join(figure(n, result["metrics"][n]) for n in SHOWN if n in result["metrics"])
    seed = result["experiment"]["seed"]
    how = f"{header['Time']}, {header['Hardware']}, seed {seed}"
    return f"| {specs} | {figures} | {how} | `{flagfile.relative_to(ROOT)}` |"


def figure(name: str, measured: dict) -> str:
    """One figure with its standard error, unit and split."""
    error = f" ± {measured['standard_error']:.3f}" if measured["standard_error"] else ""
    value = f"{measured['value']:.3f}".removesuffix(".000")
    name = name.partition("@")[0].replace("_", " ")
    on = "" if name.startswith(("num", "class")) else f" on {measured['split']}"
    return f"{name} {value}{error} {measured['unit']}{on}"


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
