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
RECORD = ROOT / "docs/figures/replicas.json"


def test_the_page_has_the_table_of_all_rows():
    """`python -m benchmarks.replicas --output docs/figures/replicas.json` writes them."""
    rows = json.loads(RECORD.read_text(encoding="utf-8"))
    assert [(row["data"], row["model"], row["objective"]) for row in rows] == replicas.ROWS
    assert all(map(replicas.within_limits, rows))
    text = PAGE.read_text(encoding="utf-8")
    assert "\n".join(replicas.table(rows)) in text
    pattern = r"Over (\d+) rows no number differed by more than (\S+) after one step\s+and (\S+) "
    stated = re.search(pattern, text)
    assert int(stated[1]) == len(rows)
    for place, limit in enumerate((float(stated[2]), float(stated[3]))):
        largest = max(found[place] for row in rows for found in row["differences"].values())
        assert largest <= limit < 1.1 * largest


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
