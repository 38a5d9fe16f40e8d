"""Reads the data of a run, and compares them with those that the run began with."""

from zoo import spec
from zoo.data.base import grey
from zoo.data.base.splits import Dataset
from zoo.runs import digests
from zoo.runs.run_folder import RunFolder


def read(
    data: spec.Part, data_dir: str | None, folder: RunFolder, allow_changed: bool
) -> tuple[Dataset, dict[str, str]]:
    """Reads a data set for the run in a folder.

    Args:
        data: the spec of the data.
        data_dir: where tensorflow-datasets keeps its data; None: its usual place.
        folder: the run folder; where no run has begun there is nothing to compare with.
        allow_changed: whether other examples than the run began with only cause a warning.

    Returns:
        The data set, and its digests, see `zoo.runs.digests.of_data`.

    Raises:
        DataError: the data is not to be had.
        RunFolderError: the data has changed since the run began.
    """
    dataset = data.build(data_dir)
    if folder.exists():
        dataset = grey.as_recorded(dataset, folder.read()[1])
    found = digests.of_data(dataset, data.files())
    if folder.exists():
        folder.require_same_data(dataset.domain, found, allow_changed)
    return dataset, found
