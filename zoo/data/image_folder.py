"""A user's own images, in grey or in colour."""

import pathlib

import numpy as np

from zoo.data.base import arrays, partition
from zoo.data.base.splits import Dataset, Images
from zoo.domains import Image
from zoo.errors import DataError
from zoo.spec import File


def build(data_dir: str | None, *, path: File, grey: bool = False) -> Dataset[Image]:
    """Images of one size: 80 % training, 10 % validation, 10 % test, drawn once.

    A folder of grey images gives images of one channel, however they are stored. If any shows a
    colour, all have three channels: red, green, blue.

    Args:
        data_dir: not used.
        path: a folder with PNG and JPEG files, at any depth; or a .npz file with an array
            `images`, uint8 or floating point in [0, 1], [count, height, width], [count, height,
            width, 1] or, in colour, [count, height, width, 3], and perhaps an array `labels`,
            integers [count].
        grey: whether colours become grey: 0.299 R + 0.587 G + 0.114 B.

    Raises:
        DataError: there is nothing of the kind at `path`, an image is damaged, transparent
            or of another format or size, or there are fewer than 10.
    """
    source = pathlib.Path(path).expanduser()
    if source.is_dir():
        images, notes = arrays.from_folder(source, grey)
        labels = None
    elif source.suffix == ".npz" and source.is_file():
        images, labels = arrays.from_npz(source, grey)
        notes = []
    else:
        raise DataError(f"{path} should be a folder of PNG or JPEG files, or a .npz file.")
    splits = [
        Images(images[part], None if labels is None else labels[part])
        for part in partition.indices(len(images), path)
    ]
    binary = bool(np.isin(images, (0, 255)).all())
    return Dataset(Image(images.shape[1:], binary=binary), *splits, notes=tuple(notes))
