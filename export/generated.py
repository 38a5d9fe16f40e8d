"""Generated files that stay as they are once somebody has edited them."""

import hashlib
import json
import os
import pathlib

RECORD = ".generated.json"  # the digests of the files as they were written


def write(folder: pathlib.Path, texts: dict[str, str]) -> list[str]:
    """Writes files into a folder, except those that were edited since they were written.

    Args:
        folder: where; it is there.
        texts: the content of each file by its name.

    Returns:
        The names of the files that were left because they were edited.
    """
    written = _written(folder)
    edited = [name for name in texts if _is_edited(folder / name, written.get(name))]
    for name, text in texts.items():
        if name not in edited:
            _write(folder / name, text)
            written[name] = _digest(text)
    _write(folder / RECORD, json.dumps(written, indent=2) + "\n")
    return edited


def is_edited(path: pathlib.Path) -> bool:
    """Tells whether a file is there that is not as it was written."""
    return _is_edited(path, _written(path.parent).get(path.name))


def _written(folder):
    """The digests of the files as they were last written; of none before there were digests."""
    try:
        return dict(json.loads((folder / RECORD).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _is_edited(path, digest):
    return path.is_file() and _digest(path.read_text(encoding="utf-8", errors="replace")) != digest


def _digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def _write(path, text):
    """Writes beside `path` and renames, so that a server never reads half a file."""
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)
