"""The commands and code blocks of README.md and docs/ are those that `make documents` runs."""

import pathlib
import re
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent


@pytest.fixture(scope="module")
def program(load_program):
    return load_program("examples/run_documents.py")


@pytest.fixture(scope="module")
def blocks(program):
    return [block for document in program.documents() for block in program.blocks(document)]


@pytest.fixture(scope="module")
def copy(program, tmp_path_factory):
    folder = tmp_path_factory.mktemp("documents") / "copy"
    program.prepare(folder)
    return folder


def test_every_block_is_run_or_has_a_reason(program, blocks):
    for document in program.documents():
        text = (ROOT / document).read_text(encoding="utf-8")
        for language in re.findall(r"^```(\w*)\n.*?^```$", text, re.MULTILINE | re.DOTALL):
            assert language in {"sh", "python", *program.SHOWN}, document
        lines = [block.line for block in blocks if block.document == document]
        for number, line in enumerate(text.splitlines(), start=1):
            if line.startswith(("python ", "docker ", "curl ")):
                assert number in lines, f"{document}:{number}"
    assert sum(block.reason is None for block in blocks) > 15


def test_every_rule_is_of_use(program, blocks):
    for pattern, _ in program.NOT_RUN:
        assert any(re.search(pattern, block.text) for block in blocks), pattern
    for pattern, _ in program.SHORTER:
        assert any(re.search(pattern, block.text) for block in blocks), pattern


def test_training_is_shortened_and_nothing_else(program):
    command = "python train.py --data=x \\\n    --model=y --workdir=runs/z"
    assert program.Block("README.md", 1, "sh", command).shortened == f"{command} --steps=20"
    given = program.Block("README.md", 1, "sh", "python train.py --steps=4000 --workdir=runs/z")
    assert given.shortened == "python train.py --steps=20 --workdir=runs/z"
    for unchanged in ("python sample.py --workdir=runs/z", "python -m export --workdir=runs/z"):
        assert program.Block("README.md", 1, "sh", unchanged).shortened == unchanged


def test_no_two_experiments_share_a_run_folder(blocks):
    trained = [
        re.search(r"--workdir=(\S+)", block.text)[1]
        for block in blocks
        if block.text.startswith("python train.py") and "--workdir" in block.text
    ]
    assert len(trained) == len(set(trained)) >= 4


def test_the_python_example_is_installed_with_its_data(blocks):
    example = next(block for block in blocks if block.text.startswith("from zoo import Experiment"))
    assert example.install == "pip install '.[demo]'"


@pytest.mark.parametrize(
    "beginning",
    [
        "python train.py --help",
        'python train.py --data="text_file',
        "from zoo import Experiment, load, train",
        "from zoo import evaluate, load",
        "import numpy as np\nfrom zoo.divergences",
    ],
)
def test_quick_blocks_run_as_written(program, blocks, copy, beginning):
    block = next(block for block in blocks if block.text.startswith(beginning))
    done = program.run(block._replace(install=None), copy, pathlib.Path(sys.executable))
    assert done.returncode == 0, done.stderr


def test_a_block_that_fails_is_told(program, monkeypatch, capsys):
    bad = program.Block("README.md", 7, "python", "import zoo_without_this_module\n")
    monkeypatch.setattr(program, "documents", lambda: ["README.md"])
    monkeypatch.setattr(program, "prepare", lambda folder: folder.mkdir())
    monkeypatch.setattr(program, "blocks", lambda document: [bad])
    assert program.main([]) == 1
    assert "failed  README.md:7" in capsys.readouterr().out
    monkeypatch.setattr(program, "blocks", lambda document: [bad._replace(text="print(1)\n")])
    assert program.main([]) == 0
