"""The import rules, read from the source."""

import ast
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent
SOURCES = sorted((ROOT / "zoo").rglob("*.py"))
APART = ("objectives", "estimators", "samplers", "metrics", "data", "models")


def imported(path):
    """The full names that a source file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def module(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_zoo_stands_below_scripts_and_export(path):
    for name in imported(path):
        assert name.split(".")[0] not in {"train", "evaluate", "sample", "export"}
        assert not name.startswith("absl.flags")
        assert name not in {"absl.app"}


def test_divergences_import_nothing_of_zoo():
    assert not [n for n in imported(ROOT / "zoo/divergences/exact.py") if n.startswith("zoo")]


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_folders_do_not_import_each_others_members(path):
    folder = path.relative_to(ROOT / "zoo").parts[0]
    if folder not in APART:
        return
    for name in imported(path):
        parts = name.split(".")
        if parts[0] != "zoo" or len(parts) < 3 or parts[1] not in APART or parts[1] == folder:
            continue
        member = ROOT / "zoo" / parts[1] / f"{parts[2]}.py"
        assert not member.exists(), f"{module(path)} imports {name}"


def test_importing_zoo_imports_nothing_heavy_and_prints_nothing():
    program = "import sys, zoo; print(sorted({'tensorflow', 'keras', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_no_source_names_the_folder_beside_the_project():
    files = [*SOURCES, *ROOT.glob("*.*"), *(ROOT / "docs").rglob("*.md"), ROOT / "Makefile"]
    files += [*(ROOT / "export").rglob("*.py"), *(ROOT / "experiments").iterdir()]
    for path in files:
        if path.is_file() and path.suffix != ".lock":
            assert "../shared" not in path.read_text(encoding="utf-8"), path
