"""The manifest of a published folder: which files it has, and their SHA-256."""

import hashlib
import json
import pathlib

from zoo.errors import PretrainedError

FORMAT = 1
FILE = "model.json"
NEEDED = ("experiment.json", "model.safetensors", "metrics.json", "README.md")


def write(folder: pathlib.Path, name: str, summary: str) -> str:
    """Writes the manifest of a folder whose other files are complete.

    Args:
        folder: the published folder.
        name: the model's name.
        summary: one line, for lists of models.

    Returns:
        The SHA-256 of the manifest, hexadecimal: it stands for the whole folder.
    """
    files = {path.name: sha256(path) for path in sorted(folder.iterdir()) if path.name != FILE}
    content = {"format": FORMAT, "name": name, "summary": summary, "files": files}
    path = folder / FILE
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return sha256(path)


def read(folder: pathlib.Path, expected: str | None = None) -> dict:
    """Reads a manifest and checks every file of the folder against it.

    Args:
        folder: the published folder.
        expected: the SHA-256 that the manifest should have; None: any.

    Returns:
        The manifest.

    Raises:
        PretrainedError: it is missing, unreadable, not the expected one or of a newer format; or
            a file is missing or not the one that was published.
    """
    path = folder / FILE
    if not path.is_file():
        raise PretrainedError(f"{folder} holds no published model: it has no {FILE}.")
    if expected is not None and sha256(path) != expected:
        raise PretrainedError(
            f"{path} is not the manifest that was asked for: its SHA-256 is {sha256(path)}, not "
            f"{expected}. Get the model again."
        )
    content = _parsed(path)
    for name in (*NEEDED, *content["files"]):
        _check_file(folder, name, content["files"].get(name))
    return content


def model_name(folder: pathlib.Path) -> str:
    """The name of the model in a published folder."""
    return _parsed(folder / FILE)["name"]


def sha256(path: pathlib.Path) -> str:
    """The SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _parsed(path):
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        number, files, model = content["format"], content["files"], content["name"]
        texts = (model, *files, *files.values())
        valid = isinstance(number, int) and all(isinstance(text, str) for text in texts)
        valid = valid and model.isidentifier()
    except (ValueError, KeyError, TypeError, AttributeError):
        valid = False
    if not valid:
        raise PretrainedError(f"{path} is no manifest of a published model. Get the model again.")
    if number > FORMAT:
        raise PretrainedError(
            f"{path} is of format {number}, which a newer version of this package reads; this one "
            f"reads format {FORMAT}. Update the package."
        )
    return content


def _check_file(folder, name, expected):
    path = folder / name
    if expected is None or pathlib.PurePath(name).name != name:
        raise PretrainedError(f"{folder / FILE} does not list {name} as a file of the model.")
    if not path.is_file():
        raise PretrainedError(f"{path} is missing. Get the model again.")
    if sha256(path) != expected:
        raise PretrainedError(
            f"{path} is damaged: its SHA-256 is not the published one. Get the model again."
        )
