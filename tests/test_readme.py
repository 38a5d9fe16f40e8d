"""README.md and docs/ show what there is, and nothing else."""

import importlib.util
import json
import pathlib
import re

import pytest

from zoo import spec

ROOT = pathlib.Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("document", ["README.md", "docs/results.md"])
def test_the_results_tables_are_those_of_the_experiments(load_program, document):
    program, text = load_program("experiments/table.py"), ROOT.joinpath(document).read_text("utf-8")
    assert program.with_tables(text, program.TABLES[document]) == text
    table = program.TABLES[document]["results"]()
    names = {path.stem for path in (ROOT / "experiments").glob("*.flags")}
    assert table.count("`experiments/") in (0, len(names))
    assert names.issuperset(program.HEADLINE)


def test_published_results_stand_beside_ours_best_first(load_program):
    rows = load_program("experiments/table.py").beside_published().splitlines()[2:]
    published = json.loads((ROOT / "zoo/pretrained/published.json").read_text(encoding="utf-8"))
    for data in ("binarized_mnist", "tiny_shakespeare"):
        of_data = [row for row in rows if row.startswith(f"| `{data}`")]
        values = [float(re.search(r"([\d.]+)[^|]*\| [^|]+ \|$", row)[1]) for row in of_data]
        assert values == sorted(values)
        ours = [row for row in of_data if "**" in row]
        flagfiles = list((ROOT / "experiments").glob(f"{data}_*.flags"))
        assert len(ours) == len(flagfiles)
        for one in published[data]["results"]:
            assert sum(f"| {one['model']} | {one['result']} |" in row for row in of_data) == 1


def test_the_reference_is_that_of_the_code(load_program):
    program = load_program("experiments/reference.py")
    text = program.document()
    assert program.PATH.read_text(encoding="utf-8") == text
    for folder in program.FOLDERS:
        for name in spec.names(folder):
            assert f"\n### {name}\n" in text, name


def test_every_argument_of_a_spec_is_explained_in_the_reference(load_program):
    text = load_program("experiments/reference.py").document()
    for folder in ("data", "models", "objectives", "estimators", "samplers"):
        for name in spec.names(folder):
            section = text.partition(f"\n### {name}\n")[2].partition("\n### ")[0]
            for argument in spec.parameters(spec.module(folder, name).build):
                assert re.search(rf"\| `{argument}` \| .+ \| \S.+ \|", section), (name, argument)


def test_the_findings_quote_the_documents():
    findings = README.partition("## What we found")[2].partition("\n## ")[0]
    for finding in findings.split("\n- ")[1:]:
        pages = set(re.findall(r"\((docs/\w+\.md)", finding))
        text = "".join((ROOT / page).read_text(encoding="utf-8") for page in pages)
        numbers = re.findall(r"\d+\.\d+", finding)
        assert pages
        assert len(numbers) >= 4
        for number in numbers:
            assert number in text, number


def test_every_document_is_in_the_index():
    for path in (ROOT / "docs").glob("*.md"):
        assert f"](docs/{path.name})" in README, path.name


def test_links_lead_somewhere():
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        text = re.sub(r"(?s)```.*?```", "", document.read_text(encoding="utf-8"))
        for link, anchor in re.findall(r"\]\(([\w./:-]*)#?([\w-]*)\)", text):
            if not link.startswith("http"):
                target = document.parent / link if link else document
                assert target.exists(), f"{document.name}: {link}"
                assert not anchor or anchor in _anchors(target), f"{document.name}: #{anchor}"


def _anchors(document):
    """The anchors that GitHub gives to the headings of a document."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}


def test_results_were_made_by_their_flagfiles():
    """The specs and settings recorded beside a result are those of its flagfile."""
    for flagfile in (ROOT / "experiments").glob("*.flags"):
        text = flagfile.read_text(encoding="utf-8")
        flags = dict(re.findall(r"^--(\w+)=(.+)$", text, flags=re.MULTILINE))
        recorded = json.loads(flagfile.with_suffix(".json").read_text())["experiment"]
        for name, value in flags.items():
            if name in recorded:
                assert str(recorded[name]) == value or float(recorded[name]) == float(value)
        assert recorded["step"] == recorded["steps"] or recorded.get("keep_best")


def test_the_tests_that_documents_name_exist():
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for name in re.findall(r"`(test_\w+)`", document.read_text(encoding="utf-8")):
            assert f"def {name}(" in text, f"{document.name}: {name}"


def test_the_changelog_names_modules_that_exist():
    """Of the moves, in tables of old and new import paths."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    moves = re.findall(r"^\| (`zoo\..+) \| (.*`zoo\..+) \|$", text, re.MULTILINE)
    assert len(moves) > 10
    for old, new in moves:
        names, homes = (re.findall(r"`(zoo[.\w]+)`", cell) for cell in (old, new))
        if "same names" in new:
            homes = [f"{homes[0]}.{name.rpartition('.')[2]}" for name in names]
        for name in set(names) - set(homes):
            assert not _is_module(name), name
        for home in homes:
            assert _is_module(home), home


def _is_module(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # of the package above
        return False
