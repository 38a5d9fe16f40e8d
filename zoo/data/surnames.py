"""Surnames of the US census, from a Python package: no network is needed."""

import numpy as np

from zoo.data.base import corpus, package, partition
from zoo.data.base.splits import Dataset
from zoo.domains import Text


def build(data_dir: str | None, *, weighted: bool = False) -> Dataset[Text]:
    """The 88,799 most frequent surnames of the US census of 1990, written like "Smith".

    80 % of the names, drawn once, are the training part; validation and test have 10 % each.
    With `weighted`, the 69,960 names whose frequency is printed as 0.000 share equally what the
    file's cumulative column leaves for them: 12 % of all bearers.

    Args:
        data_dir: not used.
        weighted: whether training draws names by their frequency, instead of each name once per
            epoch. The held-out parts then have weights too.

    Raises:
        DataError: the package names is not installed.

    Source: US Census Bureau, "Frequently occurring surnames", 1990; the package `names` by
    T. Hunner.
    """
    with package.file("names", "names/dist.all.last").open(encoding="ascii") as file:
        rows = [line.split() for line in file]  # name, percent, cumulative percent, rank
    names = np.array([row[0].capitalize() for row in rows])
    frequencies = np.array([float(row[1]) for row in rows])
    rounded_to_zero = frequencies == 0
    left = float(rows[-1][2]) - frequencies.sum()
    frequencies[rounded_to_zero] = left / rounded_to_zero.sum()
    parts = partition.indices(len(names), "surnames")
    weights = [frequencies[part] if weighted else None for part in parts]
    return corpus.sequences([names[part] for part in parts], "character", weights=weights)
