"""The version folders of one model: each is whole, or not there."""

import contextlib
import os
import pathlib
import shutil

import filelock
import tensorflow as tf

from export.errors import ExportError

# TensorFlow Serving looks at folders only whose names are numbers.
_UNFINISHED = ".unfinished"
WITHDRAWN = ".withdrawn"  # after the number of a version that is no longer served


@contextlib.contextmanager
def new_version(model_folder: pathlib.Path, version: str | int | None):
    """A folder to fill, which becomes a version at the end of the block and not before.

    Whatever ends the block early leaves all versions as they were.

    Args:
        model_folder: where the versions are; made if it is not there.
        version: its number; None: one above the highest there.

    Yields:
        The folder to fill, which is not there yet, and the folder that it will be.

    Raises:
        ExportError: the number cannot be, or the folder is in use or not writable.
    """
    with exclusive(model_folder):
        unfinished = model_folder / _UNFINISHED
        shutil.rmtree(unfinished, ignore_errors=True)  # of an export that was killed
        path = model_folder / str(_number(model_folder, version))
        try:
            yield unfinished, path
            _sync(unfinished)
            unfinished.rename(path)
            _sync_one(model_folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


def versions(model_folder: pathlib.Path) -> list[int]:
    """The numbers of all versions that are there, rising."""
    names = [path.name for path in model_folder.iterdir() if path.is_dir()]
    return sorted(int(name) for name in names if _is_number(name))


@contextlib.contextmanager
def exclusive(model_folder: pathlib.Path):
    """A block in which no other process changes the versions; the folder is made if need be.

    Raises:
        ExportError: the folder is in use or not writable.
    """
    with _writable(model_folder), _locked(model_folder):
        yield


def _number(model_folder, version):
    names = [path.name.removesuffix(WITHDRAWN) for path in model_folder.glob(f"*{WITHDRAWN}")]
    # A number that was withdrawn is not given again: it would stand for two models.
    there = sorted([*versions(model_folder), *(int(name) for name in names if _is_number(name))])
    following = max(there, default=0) + 1
    if version is None:
        return following
    if not _is_number(str(version)) or int(version) >= 2**63:
        raise ExportError(
            f"version={version!r} is no version of TensorFlow Serving: give a whole number, such "
            f"as {following}, or none."
        )
    if int(version) in there:
        raise ExportError(
            f"{model_folder} has a version {int(version)} already. Give another number, such as "
            f"{following}, or none."
        )
    return int(version)


def _is_number(text):
    return text.isascii() and text.isdigit()


@contextlib.contextmanager
def _writable(model_folder):
    """Explains why nothing can be written."""
    try:
        model_folder.mkdir(parents=True, exist_ok=True)
        yield
    except (OSError, tf.errors.OpError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error).splitlines()[0]
        raise ExportError(
            f"Cannot write to {model_folder} ({reason}). Make room, or give another folder; "
            "what was served is untouched."
        ) from None


@contextlib.contextmanager
def _locked(model_folder):
    lock = filelock.FileLock(model_folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise ExportError(
            f"Another process is exporting to {model_folder}. Wait for it, or give another name."
        ) from None
    try:
        yield
    finally:
        lock.release()


def _sync(folder):
    """Has the disk write all of a folder, so that a power cut cannot leave a part of it."""
    for parent, _, files in os.walk(folder):
        for name in files:
            _sync_one(pathlib.Path(parent, name))
        _sync_one(parent)


def _sync_one(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
