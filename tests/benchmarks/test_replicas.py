"""The comparison of N replicas with one: what it covers, what it refuses, and its page."""

import json
import math
import pathlib
import re

import pytest

from benchmarks import replicas
from zoo import spec

ROOT = pathlib.Path(__file__).parents[2]
PAGE = ROOT / "docs/scaling.md"
FIGURES = ROOT / "docs/figures"


@pytest.mark.parametrize("name", ["replicas", "replicas_adam"])
def test_the_page_has_the_table_of_the_record(name):
    """`python -m benchmarks.replicas --output docs/figures/NAME.json` writes it."""
    rows = json.loads((FIGURES / f"{name}.json").read_text(encoding="utf-8"))
    specs = [(row["data"], row["model"], row["objective"]) for row in rows]
    assert specs == [row for row in replicas.ROWS if name == "replicas" or row in specs]
    assert all(map(replicas.within_limits, rows))
    text = PAGE.read_text(encoding="utf-8")
    assert "\n".join(replicas.table(rows)) in text
    largest = [
        max(found[place] for row in rows for found in row["differences"].values())
        for place in range(2)
    ]
    pattern = rf"over {len(rows)} rows no number differed by more than (\S+) after one step\s+and"
    pattern += r"\s+(\S+) after 20"
    stated = re.search(pattern, text, re.IGNORECASE)
    for found, limit in zip(largest, map(float, stated.groups()), strict=True):
        assert found <= limit < 1.1 * found


def test_every_objective_has_a_row():
    assert {spec.parse(row[2])[0] for row in replicas.ROWS} == set(spec.names("objectives"))


@pytest.mark.parametrize(
    ("after_one", "after_twenty", "between", "right"),
    [
        (1e-5, 1e-3, 0.0, True),
        (1.1e-5, 0.0, 0.0, False),
        (0.0, 1.1e-3, 0.0, False),
        (0.0, 0.0, 1e-12, False),
        (math.inf, 0.0, 0.0, False),
    ],
)
def test_a_row_that_differs_is_told(after_one, after_twenty, between, right):
    found = {"2 devices": [0.0, 0.0], "2 workers": [after_one, after_twenty]}
    row = {"differences": found, "between workers": between}
    assert replicas.within_limits(row) == right
