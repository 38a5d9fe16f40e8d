"""Runs the commands and code blocks of README.md and docs/ as a reader would copy them.

The blocks run in the order of the documents in one copy of the repository, so that later ones
find the run folders of earlier ones. `SHORTER` lists the changes to a block, and `NOT_RUN` what is
left out and why. A Python block after a `pip install` runs in a new virtual environment in which
that command was run.

    python examples/run_documents.py            # all; the new environment downloads TensorFlow
    python examples/run_documents.py --list     # only lists what would run
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Applied to every block, in this order: fewer steps and samples, and absl's --help, which ends
# with status 1.
SHORTER = [
    (r"(?s)\A(python train\.py (?!.*--(?:steps|help)).*)\Z", r"\1 --steps=20"),
    (r"\A(python \S+ --help)\Z", r"\1 || test $? = 1"),
    (r"--steps=\d+", "--steps=20"),
    (r"\bsteps=\d+", "steps=20"),
    (r"(evaluate\.py --workdir=\S+)", r"\1 --count=100"),
]

# The first matching pattern gives the reason for not running a command.
NOT_RUN = [
    (r"^docker ", "needs Docker"),
    (r"^curl ", "needs a model server"),
    (r"TF_MODEL_SERVER", "needs tensorflow_model_server"),
    (r"^make ", "is a program of its own, of minutes to hours"),
    (r"^(pip install|source) ", "sets up an environment; the program does so where it is needed"),
    (r"^tensorboard ", "is a server"),
    (r"\b[A-Z]{4,}\b(?!_)", "has a placeholder to be replaced"),
    (r"=runs/(mnist_|binarized_|tiny_)", "needs a run of experiments/, of up to 92 minutes"),
    (r"^python evaluate\.py --metrics=", "is a prefix of a command"),
    (r"^python evaluate\.py\s+--workdir=runs/(?!digits)", "needs a run of hours"),
    (r"^python -m zoo film", "needs samples of training, which 20 steps do not write"),
    (r"^python -m export\.client", "asks a server"),
    (r"^python -m experiments\.floors", "needs data sets to be downloaded"),
    (r"^python -m experiments\.(pi_on|text_obj)", "takes a quarter of an hour to hours"),
    (r"converters", "needs an environment of its own, of gigabytes"),
    (r"^python examples/web", "needs a form for TensorFlow.js"),
    (r"^python (-m )?benchmarks", "takes a quarter of an hour to hours"),
    (r"-m experiments\.(\w*adversarial|weight|discrete|neural|quality)", "takes minutes to hours"),
]

# A block of another language is shown, not run.
SHOWN = {
    "": "is output or a formula",
    "json": "is an answer",
    "bibtex": "is a citation",
    "yaml": "is a manifest",
}

# A command goes on after a line that ends with \, | or (, or that opens a quotation.
_COMMAND = re.compile(r"(?:.*(?:\\|\||\()\n|[^'\n]*(?:'[^'\n]*'[^'\n]*)*'[^'\n]*\n(?=[^']*'))*.*\n")
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`((?:python|pip install|make|tensorboard|source) [^`]+)`")


class Block(NamedTuple):
    """A block of a document that a reader may copy.

    Attributes:
        document: its path below the repository.
        line: the number of its first line.
        language: "sh", "python", or one of `SHOWN`.
        text: as in the document.
        install: the `pip install` command to run first, or None.
    """

    document: str
    line: int
    language: str
    text: str
    install: str | None = None

    @property
    def reason(self) -> str | None:
        """Reason for not running it, or None."""
        if self.language in SHOWN:
            return SHOWN[self.language]
        if self.language == "python":
            return None
        found = (why for pattern, why in NOT_RUN if re.search(pattern, self.text))
        return next(found, None)

    @property
    def shortened(self) -> str:
        """Text to run, with fewer steps and samples."""
        text = self.text
        for pattern, replacement in SHORTER:
            text = re.sub(pattern, replacement, text)
        return text


def blocks(document: str) -> list[Block]:
    """Lists the blocks of a document in order; each command of a shell block is one.

    Args:
        document: its path below the repository.
    """
    text = (ROOT / document).read_text(encoding="utf-8")
    found = []
    for match in _BLOCK.finditer(text):
        line, language, body = text.count("\n", 0, match.start()) + 2, *match.groups()
        before = re.findall(
            r"`(pip install [^`]+)`", text[: match.start()].rsplit("\n\n", 2)[-2:][0]
        )
        install = before[-1] if before else None
        for offset, part in _commands(body) if language == "sh" else [(0, body)]:
            found.append(Block(document, line + offset, language, part, install))
    # Code blocks are blanked, so that line numbers stay and their backticks do not count.
    prose = _BLOCK.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    for match in _INLINE.finditer(prose):
        line = prose.count("\n", 0, match.start()) + 1
        found.append(Block(document, line, "sh", " ".join(match[1].split())))
    return sorted(found, key=lambda block: block.line)


def documents() -> list[str]:
    """Paths of the documents, README.md first."""
    return ["README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]


def _commands(body):
    """Splits a shell block into commands with their lines; a block of variables stays whole."""
    if re.search(r"^\w+=\$", body, re.MULTILINE):
        return [(0, body)]
    found, line = [], 0
    for command in _COMMAND.findall(body):
        text = re.sub(r"\s+# .*$", "", command.strip("\n"), flags=re.MULTILINE)
        if text.strip():
            found.append((line, text))
        line += command.count("\n")
    return found


def prepare(folder: pathlib.Path) -> None:
    """Copies the repository, and writes the example data that README.md names."""
    import numpy as np
    import PIL.Image

    shutil.copytree(ROOT, folder, ignore=_left_out, dirs_exist_ok=True)
    (folder / "my.txt").write_text("".join(f"line {n}\n" for n in range(100)), encoding="utf-8")
    (folder / "my_pngs").mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, [100, 28, 28], np.uint8)
    for number, image in enumerate(pixels):
        PIL.Image.fromarray(image).save(folder / f"my_pngs/{number}.png")


def _left_out(folder, names):
    """What is not copied; at the root run folders too, while `zoo/runs` is a package."""
    patterns = [".git", ".venv", "__pycache__", ".*_cache"]
    if pathlib.Path(folder) == ROOT:
        patterns += ["runs", "served"]
    return shutil.ignore_patterns(*patterns)(folder, names)


def run(block: Block, folder: pathlib.Path, python: pathlib.Path) -> subprocess.CompletedProcess:
    """Runs a block in the folder, with `python` as its interpreter."""
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment["PYTHONPATH"] = str(folder)
    command = ["bash", "-e", "-o", "pipefail", "-c", block.shortened]
    if block.language == "python":
        command = [str(python), "-c", block.shortened]
    if block.install:  # test what was installed, not the copy
        environment.pop("PYTHONPATH")
        command.insert(1, "-P")
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def new_environment(folder: pathlib.Path, install: str) -> pathlib.Path:
    """Creates a virtual environment and installs from the copy as the document says.

    Args:
        folder: the copy of the repository.
        install: a `pip install` command.

    Returns:
        The environment's interpreter.
    """
    place = folder.parent / "new_environment"
    python = place / "bin/python"
    subprocess.run([sys.executable, "-m", "venv", place], check=True)
    command = f"{python} -m {install} --quiet --disable-pip-version-check"
    subprocess.run(command, cwd=folder, shell=True, check=True)
    return python


def main(arguments: list[str] | None = None) -> int:
    """Runs or lists all blocks; returns 1 if any failed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--list", action="store_true", help="only list what would run")
    only_list = parser.parse_args(arguments).list
    failed, python = [], pathlib.Path(sys.executable)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary) / "copy"
        if not only_list:
            prepare(folder)
        for block in [block for document in documents() for block in blocks(document)]:
            head = f"{block.document}:{block.line}: {block.text.strip().splitlines()[0][:70]}"
            if block.reason or only_list:
                print(f"{'not run' if block.reason else 'run'}  {head}  {block.reason or ''}")
                continue
            begin = time.monotonic()
            used = new_environment(folder, block.install) if block.install else python
            done = run(block, folder, used)
            state = "failed" if done.returncode else "ran"
            print(f"{state}  {head}  {time.monotonic() - begin:.0f} s", flush=True)
            if done.returncode:
                failed.append(head)
                print(done.stdout[-2000:], done.stderr[-2000:])
    if not only_list:
        print(f"{len(failed)} blocks failed." if failed else "No block failed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
