"""Arrays too large for memory: prepared once, on disk, and mapped into memory from there.

What is prepared lies in a folder whose name is a digest of all that decides its content, so that
other files or other settings never find it. A folder is complete or not there.
"""

import hashlib
import json
import os
import pathlib
import shutil
from collections.abc import Callable, Iterable

import filelock
import numpy as np

from zoo.errors import DataError

LARGE = 2**26  # bytes; what takes more is prepared on disk
_BLOCK = 2**20  # bytes read at once


def folder(
    data_dir: str | None, decides: object, write: Callable[[pathlib.Path], None]
) -> pathlib.Path:
    """Returns the folder of prepared arrays, which is written if it is not there yet.

    Args:
        data_dir: where data sets are kept; None: the user's cache folder, `$XDG_CACHE_HOME` or
            `~/.cache`.
        decides: all that decides the arrays, as JSON can hold it.
        write: writes the arrays into a folder.

    Raises:
        DataError: the folder cannot be written.
    """
    root = _root(data_dir)
    name = hashlib.sha256(json.dumps(decides).encode()).hexdigest()[:32]
    complete, unfinished = root / name, root / f"unfinished_{name}"
    if complete.exists():  # which may be read-only
        return complete
    try:
        root.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(root / f"{name}.lock"):
            if not complete.exists():
                shutil.rmtree(unfinished, ignore_errors=True)  # of a process that was killed
                unfinished.mkdir()
                write(unfinished)
                unfinished.rename(complete)
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise DataError(
            f"Cannot prepare large data in {root}: {error.strerror}. Let --data_dir name a folder "
            "with enough room."
        ) from error
    return complete


def digest(file: pathlib.Path) -> str:
    """The SHA-256 digest of a file, in hexadecimal, read block by block.

    Raises:
        DataError: the file is unreadable.
    """
    found = hashlib.sha256()
    try:
        with file.open("rb") as opened:
            while block := opened.read(_BLOCK):
                found.update(block)
    except OSError as error:
        raise DataError(f"Cannot read {file}: {error.strerror}.") from error
    return found.hexdigest()


def save(path: pathlib.Path, blocks: Iterable[np.ndarray], shape: tuple, dtype: str) -> None:
    """Writes a NumPy file block by block.

    Args:
        path: the file.
        blocks: arrays [any, *shape[1:]], which together have the length `shape[0]`.
        shape: the shape of the array.
        dtype: its type.
    """
    with path.open("wb") as file:
        header = {
            "descr": np.lib.format.dtype_to_descr(np.dtype(dtype)),
            "fortran_order": False,
            "shape": shape,
        }
        np.lib.format.write_array_header_1_0(file, header)
        for block in blocks:
            file.write(np.ascontiguousarray(block, dtype).data)


def load(path: pathlib.Path) -> np.ndarray:
    """Maps the array of a NumPy file into memory; it is read where it is used."""
    return np.load(path, mmap_mode="r", allow_pickle=False)


def _root(data_dir):
    if data_dir is not None:
        return pathlib.Path(data_dir).expanduser() / "prepared"
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return pathlib.Path(cache).expanduser() / "generative-objectives-zoo"
