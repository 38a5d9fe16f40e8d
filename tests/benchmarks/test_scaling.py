"""The calculation of steps of many devices, by hand, and the page that shows it."""

import json

import pytest

from benchmarks import scaling

PAGE = scaling.OUTPUT.parents[1] / "scaling.md"
MEASURED = {
    "case": "a model",
    "parameters": 1_000_000,
    "reductions": 2,
    "seconds": {"64": 0.64, "8": 0.1, "1": 0.04},
    "draws": 1e-4,
}
LINK = scaling.Link("a link", 1e9, 1e-3)


def test_rows_each():
    """64 devices draw for 4,096 rows; 63/64 of 8 MB at 1 GB/s; two reductions of 12 messages."""
    assert scaling.costs(MEASURED, 64, False, LINK) == pytest.approx(
        {
            "rows": 0.64,
            "the fixed cost of a step": 0.0,
            "draws for all rows": 0.4096,
            "reducing gradients": 0.007875,
            "waiting for messages": 0.024,
        }
    )


def test_rows_together():
    """8 rows of 64 would take 0.08 s and take 0.1."""
    assert scaling.costs(MEASURED, 8, True, LINK) == pytest.approx(
        {
            "rows": 0.08,
            "the fixed cost of a step": 0.02,
            "draws for all rows": 0.0064,
            "reducing gradients": 0.007,
            "waiting for messages": 0.012,
        }
    )


def test_one_device_sends_nothing():
    found = scaling.costs(MEASURED, 1, True, LINK)
    assert found["reducing gradients"] == found["waiting for messages"] == 0
    assert sum(found.values()) == pytest.approx(0.64 + 0.0064)


def test_a_row_has_efficiencies_and_the_largest_loss():
    """Of 0.6464 s and 1.081475 s; 1.0496 s by 0.031875 s; and together 0.0101 s by 0.0504 s."""
    each, together = (scaling.line(MEASURED, way, LINK) for way in (False, True))
    assert "| 64 each | a link | 646.4 ms | 710.2 ms, 91% | 1081.5 ms, 60% |" in each
    assert each.endswith("| draws for all rows | 33× |")
    assert "| 64 in all | a link | 646.4 ms | 125.4 ms, 64% | 78.3 ms, 13% |" in together
    assert together.endswith("| the fixed cost of a step | 1.5× |")


def test_the_page_has_the_table_of_the_record():
    """`python -m benchmarks.scaling` writes it."""
    record = json.loads(scaling.OUTPUT.read_text(encoding="utf-8"))
    assert scaling.table(record) in PAGE.read_text(encoding="utf-8")
