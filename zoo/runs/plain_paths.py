"""Paths for TensorFlow, which reads some characters of a path as a pattern."""

import atexit
import functools
import hashlib
import os
import pathlib
import re
import shutil
import tempfile

_OF_PATTERNS = re.compile(r"[][*?\\]")


def plain(folder: str | os.PathLike) -> pathlib.Path:
    r"""The path of the same folder without the characters `*?[]\`.

    TensorFlow looks for checkpoints and SavedModels by patterns: below a folder named `a[1]` it
    finds nothing, or what is below `a1`. Such a folder is reached by a link of this process,
    which ends with it.

    Args:
        folder: the folder, which is there.
    """
    if not _OF_PATTERNS.search(os.fspath(folder)):
        return pathlib.Path(folder)
    target = os.path.abspath(folder)
    link = _links() / hashlib.sha256(os.fsencode(target)).hexdigest()
    if not link.is_symlink():
        link.symlink_to(target, target_is_directory=True)
    return link


@functools.cache
def _links():
    """A folder of links, which is removed at the end of the process."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return pathlib.Path(folder)
