"""The table of runtimes is written from the conversions that were made."""

import pytest


@pytest.fixture(scope="module")
def program(load_program):
    return load_program("benchmarks/other_runtimes.py")


def test_the_table_has_differences_and_reasons(program):
    right = {"differences": {"decode": 4e-7, "score": 0.0}, "refused": {}}
    half = {"differences": {"decode": 2e-6}, "refused": {"score": "There is no MatMul."}}
    none = {"differences": {}, "refused": {"all": "It crashed."}}
    found = {"onnx": right, "litert": half, "tfjs": none}
    lines = program.table({"dcgan(width=4), labels": found}).splitlines()
    assert lines[0] == "| model | signature | " + " | ".join(program.RUNTIMES.values()) + " |"
    assert lines[1] == "|---|---|---|---|---|"
    assert lines[2:] == [
        "| `dcgan, labels` | `decode` | 4e-07 | 2e-06 | refused (1) |",
        "| `dcgan, labels` | `score` | 0 | refused (2) | refused (1) |",
        "",
        "1. It crashed.",
        "2. There is no MatMul.",
    ]


def test_the_document_has_a_place_for_it(program):
    text = program.DOCUMENT.read_text(encoding="utf-8")
    assert text.index(program.BEGIN) < text.index(program.END)
