"""Evaluation report: a table in the terminal and a self-contained HTML page.

Pictures are embedded in the page; it has no script and loads nothing, and it escapes whatever
occurs in data, specs and file names.
"""

import os
import pathlib
import tempfile

from zoo.errors import ZooError


def writable(
    path: str | os.PathLike, otherwise: str = "Give another file with --report."
) -> pathlib.Path:
    """Checks that a file can be written, and returns its path.

    Args:
        path: the file.
        otherwise: a sentence with the remedy, for the message.

    Raises:
        ZooError: it is a folder, or its folder is missing or read-only.
    """
    path = pathlib.Path(path).expanduser()
    reason = "it is a folder" if path.is_dir() else None
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        reason = error.strerror
    if reason:
        raise ZooError(f"Cannot write {path} ({reason}). {otherwise}")
    return path
