"""Surnames of the US census, which come with a Python package: no network is needed."""

import numpy as np

from zoo.data import _package, _partition, _text
from zoo.data._splits import Dataset

# Percent: the file rounds to 0.001, and a name printed as 0.000 counts as half of that.
LEAST_FREQUENCY = 0.0005

KIND = "text"


def build(data_dir: str | None, *, weighted: bool = False) -> Dataset:
    """The 88,799 most frequent surnames of the US census of 1990, written like "Smith".

    80 % of the names, drawn once, are the training part; validation and test have 10 % each.
    With `weighted`, the 69,960 names printed with frequency 0.000 weigh 31 % together; the
    file's cumulative column gives them 14 %.

    Args:
        data_dir: not used.
        weighted: whether training draws names by their frequency, instead of each name once per
            epoch. The held-out parts then have weights too.

    Raises:
        DataError: the package names is not installed.

    Source: US Census Bureau, "Frequently occurring surnames", 1990; the package `names` by
    T. Hunner.
    """
    with _package.file("names", "names/dist.all.last").open(encoding="ascii") as file:
        rows = [line.split() for line in file]  # name, percent, cumulative percent, rank
    names = np.array([row[0].capitalize() for row in rows])
    frequencies = np.maximum([float(row[1]) for row in rows], LEAST_FREQUENCY)
    parts = _partition.indices(len(names), "surnames")
    weights = [frequencies[part] if weighted else None for part in parts]
    return _text.sequences([names[part] for part in parts], "character", weights=weights)
