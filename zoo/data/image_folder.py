"""A user's own images, in grey or in colour."""

import pathlib

from zoo.data.base import arrays, large_images, partition, prepared
from zoo.data.base.splits import Dataset, Images
from zoo.domains import Image
from zoo.errors import DataError
from zoo.spec import File


def build(data_dir: str | None, *, path: File, grey: bool = False) -> Dataset[Image]:
    """Images of one size: 80 % training, 10 % validation, 10 % test, drawn once.

    A folder of grey images gives images of one channel, however they are stored. If any shows a
    colour, all have three channels: red, green, blue.

    Args:
        data_dir: where the pixels of a folder are kept that has more than 64 MB of them: they are
            decoded once and read from there. None: the user's cache folder.
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
        return _of_folder(source, grey, data_dir)
    if source.suffix == ".npz" and source.is_file():
        images, labels = arrays.from_npz(source, grey)
        return _dataset(images, labels, partition.indices(len(images), path), [])
    raise DataError(f"{path} should be a folder of PNG or JPEG files, or a .npz file.")


def _of_folder(folder, grey, data_dir):
    files, notes = arrays.files_of(folder)
    (first,) = arrays.images_of(files[:1], grey)
    indices = partition.indices(len(files), folder)
    if first.size * len(files) <= prepared.LARGE:
        images = arrays.stacked(list(arrays.images_of(files, grey)))
        return _dataset(images, None, indices, notes)
    parts, binary = large_images.parts(files, indices, grey, data_dir)
    domain = Image(parts[0].shape[1:], binary=binary)
    return Dataset(domain, *map(Images, parts), notes=tuple(notes))


def _dataset(images, labels, indices, notes):
    domain = Image(images.shape[1:], binary=large_images.black_and_white(images))
    splits = [Images(images[part], None if labels is None else labels[part]) for part in indices]
    return Dataset(domain, *splits, notes=tuple(notes))
