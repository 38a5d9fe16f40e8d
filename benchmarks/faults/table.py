"""The table of docs/reliability.md, from what `benchmarks.faults` has written."""

import pathlib

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- faults -->\n", "<!-- end of faults -->\n"
_HEAD = "| fault | times | expected | result |\n|---|---|---|---|\n"


def line(fault: str, row: dict) -> str:
    """One row of the table."""
    result = row["result"]
    if row["failures"]:
        result = f"**{row['failures']} not as expected**; {result}"
    return f"| {fault} | {row['times']} | {row['expected']} | {result} |"


def of(record: dict) -> str:
    """The whole table, with the faults that have not been done at its end."""
    rows = [line(*each) for each in record["faults"].items()]
    rows += [f"| {fault} | 0 | | not run yet |" for fault in record["not_run"]]
    return _HEAD + "".join(f"{row}\n" for row in rows)


def write(record: dict, page: pathlib.Path = PAGE) -> None:
    """Puts the table between its marks."""
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    _, after = rest.split(END)
    page.write_text(f"{before}{BEGIN}\n{of(record)}\n{END}{after}", encoding="utf-8")
