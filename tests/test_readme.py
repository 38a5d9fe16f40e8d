"""The README shows what there is, and nothing else."""

import json
import pathlib
import re

from zoo import spec

ROOT = pathlib.Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_results_table_is_that_of_the_experiments(load_program):
    assert load_program("experiments/table.py").with_table(README) == README
    assert len(list((ROOT / "experiments").glob("*.flags"))) == README.count("`experiments/")


def test_every_part_is_listed():
    prose = re.sub(r"(?s)```.*?```", "", README)
    code = "\n".join(re.findall(r"`([^`]+)`", prose))
    for folder in ("data", "models", "objectives", "estimators", "samplers", "metrics"):
        for name in spec.names(folder):
            assert re.search(rf"\b{name}\b", code), f"{name} is not in README.md"


def test_links_lead_somewhere():
    for document in [ROOT / "README.md", ROOT / "BUILD_NOTES.md", *(ROOT / "docs").glob("*.md")]:
        text = re.sub(r"(?s)```.*?```", "", document.read_text(encoding="utf-8"))
        for link in re.findall(r"\[[^\]\n]+\]\(([\w./:-]+)", text):
            if not link.startswith("http"):
                assert (document.parent / link).exists(), f"{document.name}: {link}"


def test_results_were_made_by_their_flagfiles():
    """The specs and settings recorded beside a result are those of its flagfile."""
    for flagfile in (ROOT / "experiments").glob("*.flags"):
        text = flagfile.read_text(encoding="utf-8")
        flags = dict(re.findall(r"^--(\w+)=(.+)$", text, flags=re.MULTILINE))
        recorded = json.loads(flagfile.with_suffix(".json").read_text())["experiment"]
        for name, value in flags.items():
            if name in recorded:
                assert str(recorded[name]) == value or float(recorded[name]) == float(value)
        assert recorded["step"] == recorded["steps"]
