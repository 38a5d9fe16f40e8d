"""Images larger than memory: pixels in files that are mapped into memory."""

import functools
import json
import pathlib
from collections.abc import Iterator

import numpy as np

from zoo.data.base import arrays, prepared

_FORMAT = 1  # of what is prepared


def parts(
    files: list[pathlib.Path], indices: list[np.ndarray], in_grey: bool, data_dir: str | None
) -> tuple[list[np.ndarray], bool]:
    """Decodes image files into arrays on disk, once.

    Args:
        files: PNG and JPEG files.
        indices: the numbers of the files of each part.
        in_grey: whether colours become grey, see `zoo.data.base.grey`.
        data_dir: see `prepared.folder`.

    Returns:
        The images of each part, uint8 [count, height, width, channels], as `arrays.stacked`
        gives them; and whether all are of black and white pixels only.

    Raises:
        DataError: see `arrays.images_of` and `prepared.folder`.
    """
    order = [part.tolist() for part in indices]
    decides = ["images", _FORMAT, in_grey, order, [prepared.digest(file) for file in files]]
    write = functools.partial(_write, files, order, in_grey)
    folder = prepared.folder(data_dir, decides, write)
    binary = json.loads((folder / "binary.json").read_text(encoding="utf-8"))
    return [prepared.load(folder / f"{number}.npy") for number in range(len(order))], binary


def black_and_white(images: np.ndarray) -> bool:
    """True if no pixel has another value than 0 and 255."""
    return bool(np.isin(images, (0, 255)).all())


def _write(files, order, in_grey, folder):
    print(f"Decoding {len(files):,} images, once ...", flush=True)
    channels, binary = 1, True
    for image in arrays.images_of(files, in_grey):
        channels, binary = max(channels, image.shape[-1]), binary and black_and_white(image)
    height, width = image.shape[:2]
    for number, part in enumerate(order):
        shape = len(part), height, width, channels
        prepared.save(folder / f"{number}.npy", _rows(files, part, in_grey, shape), shape, "uint8")
    (folder / "binary.json").write_text(json.dumps(binary), encoding="utf-8")


def _rows(files, part, in_grey, shape) -> Iterator[np.ndarray]:
    for image in arrays.images_of([files[number] for number in part], in_grey):
        yield np.broadcast_to(image, shape[1:])
