"""The import rules, read from the source."""

import ast
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent
SOURCES = sorted((ROOT / "zoo").rglob("*.py"))
PROGRAMS = sorted((ROOT / "experiments").glob("*.py")) + [
    ROOT / f"{name}.py" for name in ("train", "sample", "evaluate")
]
APART = ("objectives", "estimators", "samplers", "metrics", "data", "models")

# From the ground up: a module imports from its own layer and those before it.
LAYERS = [
    "zoo.errors",
    "zoo.spec",
    "zoo.replicas",
    "zoo.randomness",
    "zoo.batch",
    "zoo.tokenizers",
    "zoo.domains",
    "zoo.divergences",
    "zoo.functional",
    "zoo.distributions",
    "zoo.theory",
    "zoo.samplers",
    "zoo.data",
    "zoo.models",
    "zoo.estimators",
    "zoo.objectives",
    "zoo.trainers",
    "zoo.density_ratio",
    "zoo.metrics",
    "zoo.pretrained",
    "zoo.runs",
    "zoo.report",
    "export",
    "zoo.commands",
    "zoo",  # the public face, which nothing below imports
    "programs",
]


def module(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module(p): p for p in [*SOURCES, *sorted((ROOT / "export").glob("*.py")), *PROGRAMS]}


def imported(path):
    """The full names that a source file imports, within functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def arrows(path):
    """The modules of this project that a source file imports."""
    for name in imported(path):
        if name in MODULES:
            yield name
        elif name.rpartition(".")[0] in MODULES:  # a name that the module defines
            yield name.rpartition(".")[0]


def layer(name):
    """The number of a module's layer."""
    parts = name.split(".")
    if parts[-1] == "__main__" or parts[0] not in {"zoo", "export"}:
        return LAYERS.index("programs")
    return LAYERS.index(".".join(parts[:2]) if parts[0] == "zoo" else "export")


@pytest.mark.parametrize("name", MODULES)
def test_no_import_runs_upwards(name):
    upwards = [other for other in arrows(MODULES[name]) if layer(other) > layer(name)]
    assert not upwards, f"{name} imports {', '.join(upwards)} from above"


def test_imports_form_no_circle():
    finished = set()

    def follow(name, way):
        assert name not in way, " -> ".join([*way[way.index(name) :], name])
        if name not in finished:
            for other in set(arrows(MODULES[name])) - {name}:
                follow(other, [*way, name])
            finished.add(name)

    for name in MODULES:
        follow(name, [])


@pytest.mark.parametrize("path", SOURCES, ids=module)
def test_only_commands_know_of_flags(path):
    for name in imported(path):
        assert name.split(".")[0] not in {"train", "evaluate", "sample"}
        if path.parent.name != "commands":
            assert not name.startswith(("absl.flags", "absl.app"))


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


HEAVY = "{'tensorflow', 'keras', 'numpy'}"


def python(program):
    return subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("program", ["import zoo", "import zoo; zoo.Experiment", "dir(zoo)"])
def test_importing_zoo_imports_nothing_heavy_and_prints_nothing(program):
    done = python(f"import sys, zoo; {program}; print(sorted({HEAVY} & set(sys.modules)))")
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_the_public_face_gives_each_name():
    done = python("import zoo; print({n: getattr(zoo, n).__name__ == n for n in zoo.__all__})")
    assert done.stdout.count("True") == 5, done.stderr
    assert "evaluate" in python("import zoo; print(dir(zoo))").stdout
    assert "has no attribute 'nothing'" in python("import zoo; zoo.nothing").stderr


@pytest.mark.parametrize(
    "start",
    [
        "runpy.run_path('train.py', run_name='__main__')",
        "runpy.run_path('sample.py', run_name='__main__')",
        "runpy.run_path('evaluate.py', run_name='__main__')",
        "runpy.run_module('export', run_name='__main__', alter_sys=True)",
        "runpy.run_module('zoo', run_name='__main__', alter_sys=True)",
    ],
)
def test_help_imports_nothing_heavy(start):
    done = python(
        "import atexit, runpy, sys; sys.argv = ['program', '--help']; "
        f"atexit.register(lambda: print(sorted({HEAVY} & set(sys.modules)), file=sys.stderr)); "
        f"{start}"
    )
    assert "--workdir" in done.stdout
    assert done.stderr == "[]\n"


def test_no_source_names_the_folder_beside_the_project():
    files = [*SOURCES, *ROOT.glob("*.*"), *(ROOT / "docs").rglob("*.md"), ROOT / "Makefile"]
    files += [*(ROOT / "export").rglob("*.py"), *(ROOT / "experiments").iterdir()]
    for path in files:
        if path.is_file() and path.suffix != ".lock":
            assert "../shared" not in path.read_text(encoding="utf-8"), path
