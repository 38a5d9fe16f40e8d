"""Digests of data, which show a run that its data have changed."""

import hashlib
import pathlib

import numpy as np

from zoo.data.base import prepared
from zoo.data.base.splits import ContiguousText, Dataset, Split

_ROWS = 2**16
SPLITS = ("train", "validation", "test")


def of_data(dataset: Dataset, files: list[pathlib.Path]) -> dict[str, str]:
    """SHA-256 digests, in hexadecimal, of a data set.

    Args:
        dataset: the data set.
        files: the files that its spec names.

    Returns:
        A digest for each split: of its examples, their labels and their weights. Where P is
        known, examples are drawn from it by the same seeds, in floating point whose last bits
        are not the same everywhere: then it is one digest, `"distribution"`, of the files.
    """
    if dataset.log_prob is not None:
        return {"distribution": _of_files(files)}
    return {name: _of_split(dataset.split(name)) for name in SPLITS}


def of_weights(variables: list) -> str:
    """The SHA-256 digest, in hexadecimal, of the values of some variables in their order."""
    digest = hashlib.sha256()
    for variable in variables:
        values = np.atleast_1d(variable.numpy())
        _add(digest, values, values.dtype)
    return digest.hexdigest()


def changed(recorded: dict[str, str], now: dict[str, str]) -> list[str]:
    """The names of the digests that differ, in the order of `now`."""
    return [name for name, digest in now.items() if recorded.get(name) != digest]


def _of_split(split: Split) -> str:
    labels, weights = split.labels, split.weights
    digest = hashlib.sha256()
    # Tokens of a large corpus are stored in fewer bytes, and are the same tokens.
    contiguous = isinstance(split, ContiguousText)
    _add(digest, split.values, np.dtype(np.int32) if contiguous else split.values.dtype)
    if labels is not None:
        _add(digest, np.asarray(labels), np.dtype(np.int64))
    if weights is not None:
        # The last bits of sums in float64 depend on the processor.
        _add(digest, np.asarray(weights), np.dtype(np.float32))
    return digest.hexdigest()


def _add(digest, array, dtype):
    """Adds an array as one of another type, block by block: it may be larger than memory."""
    digest.update(f"{dtype.str}{array.shape}".encode())
    for first in range(0, len(array), _ROWS):
        rows = np.ascontiguousarray(array[first : first + _ROWS], dtype)
        digest.update(rows.reshape(-1).view(np.uint8).data)


def _of_files(files: list[pathlib.Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(bytes.fromhex(prepared.digest(file)))
    return digest.hexdigest()
