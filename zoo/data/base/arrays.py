"""Reads a user's images: a folder of PNG and JPEG files, or an array in a NumPy file."""

import pathlib
from collections.abc import Iterator

import numpy as np
import PIL.Image
import PIL.ImageOps

from zoo.data.base import grey
from zoo.domains.image import CHANNELS
from zoo.errors import DataError

_READ = {".png", ".jpg", ".jpeg"}
_OTHER = {".avif", ".bmp", ".gif", ".heic", ".jp2", ".pgm", ".ppm", ".tif", ".tiff", ".webp"}


def files_of(folder: pathlib.Path) -> tuple[list[pathlib.Path], list[str]]:
    """Lists the PNG and JPEG files below a folder, in the order of their paths.

    Hidden files, such as the `._0.png` of macOS, are skipped.

    Returns:
        The files; and a sentence with the number of files skipped, if there are any.

    Raises:
        DataError: there are none, or images of another format.
    """
    suffixes = {file: file.suffix.lower() for file in sorted(folder.rglob("*"))}
    files = [file for file in suffixes if suffixes[file] in _READ and not _hidden(file)]
    others = [file for file in suffixes if suffixes[file] in _OTHER and not _hidden(file)]
    if others:
        raise DataError(
            f"{folder} has {len(others)} images that are neither PNG nor JPEG, such as "
            f"{others[0]}: convert or remove them."
        )
    if not files:
        raise DataError(
            f"There is no PNG or JPEG file in {folder}: give a folder of them, or a .npz file."
        )
    hidden = sum(suffixes[file] in _READ and _hidden(file) for file in suffixes)
    notes = [f"{folder}: {hidden} hidden files such as ._0.png are skipped."] if hidden else []
    return files, notes


def images_of(files: list[pathlib.Path], in_grey: bool = False) -> Iterator[np.ndarray]:
    """Reads image files one by one; photographs are turned upright.

    Args:
        files: PNG and JPEG files, of which the first decides the size.
        in_grey: whether colours become grey, see `zoo.data.base.grey`.

    Yields:
        An image, uint8 [height, width, channels]: 3 channels if it shows a colour, else 1.

    Raises:
        DataError: a file is unreadable or transparent, or has another size than the first.
    """
    first = None
    for file in files:
        image = _image(file, in_grey)
        first = image if first is None else first
        if image.shape[:2] != first.shape[:2]:
            raise DataError(
                f"{file} has {_size(image)} pixels, but {files[0]} has {_size(first)}: all "
                "images must have one size."
            )
        yield image


def stacked(images: list[np.ndarray]) -> np.ndarray:
    """Stacks images, uint8 [count, height, width, channels], in colour if any of them is."""
    channels = max(image.shape[-1] for image in images)
    return np.stack([np.broadcast_to(i, (*i.shape[:2], channels)) for i in images])


def _hidden(file):
    return file.name.startswith(".")


def from_npz(file: pathlib.Path, in_grey: bool = False) -> tuple[np.ndarray, np.ndarray | None]:
    """Reads the images of an .npz file, and their labels if it has some.

    Args:
        file: holds an array `images`, or a single array: [count, height, width], [count, height,
            width, 1] or [count, height, width, 3] (red, green, blue), uint8, bool, or floating
            point in [0, 1], which is rounded to 8 bits. It may hold `labels`, integers [count].
        in_grey: whether colours become grey, see `zoo.data.base.grey`.

    Returns:
        Images, uint8 [count, height, width, channels]; labels, int64 [count] or None.

    Raises:
        DataError: the file is unreadable, or its arrays are of another form.
    """
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except Exception as error:  # NumPy, zip and zlib have a type each for a damaged file
        raise DataError(f"Cannot read {file} as a .npz file of arrays: {error}.") from error
    labels = arrays.pop("labels", None)
    if "images" not in arrays and len(arrays) != 1:
        raise DataError(f"{file} should have an array named images; it has {sorted(arrays)}.")
    images = _pixels(arrays["images"] if "images" in arrays else arrays.popitem()[1], file)
    if labels is not None and (labels.shape != images.shape[:1] or labels.dtype.kind not in "iu"):
        raise DataError(
            f"labels in {file} should be {len(images)} integers, one an image; they are "
            f"{labels.dtype} {list(labels.shape)}."
        )
    images = grey.convert(images) if in_grey else images
    return images, None if labels is None else labels.astype(np.int64)


def _pixels(images, file):
    pixels = images[..., None] if images.ndim == 3 else images
    if pixels.ndim != 4 or pixels.shape[-1] not in CHANNELS or not pixels.size:
        raise DataError(
            f"The images in {file} have the shape {list(images.shape)}; they should have [count, "
            "height, width] or [count, height, width, 1] if they are grey, and [count, height, "
            "width, 3] if they are in colour (red, green, blue)."
        )
    return _bytes(pixels, file)


def _bytes(images, file):
    floating = images.dtype.kind == "f"
    if images.dtype == bool:
        return images * np.uint8(255)
    if not floating and images.dtype != np.uint8:
        raise DataError(
            f"The images in {file} are {images.dtype}; they should be uint8, floating point or "
            "bool."
        )
    low, high = images.min(), images.max()
    # Bytes up to 1 only would train as black images: they are bits in the wrong type.
    if not (low >= 0 and high <= 1 if floating else high > 1):
        raise DataError(
            f"The images in {file} are {images.dtype} from {low} to {high}; uint8 should go up to "
            "255, floating point from 0 to 1, and bits should be bool."
        )
    return np.rint(images * 255.0).astype(np.uint8) if floating else images


def _image(file, in_grey):
    """Reads a file, uint8 [height, width, 1], or [height, width, 3] if it shows a colour."""
    try:
        with PIL.Image.open(file, formats=["PNG", "JPEG"]) as image:
            if image.mode.startswith("I"):
                raise ValueError("it has 16 bits a pixel instead of 8")
            # What a transparent pixel looks like depends on a background that is not known.
            if image.has_transparency_data and image.convert("RGBA").getextrema()[3][0] < 255:
                raise ValueError("it is transparent in places; paint it on a background first")
            upright = PIL.ImageOps.exif_transpose(image)
            if not in_grey and _shows_colour(upright):
                return np.asarray(upright.convert("RGB"))
            return np.asarray(upright.convert("L"))[..., None]
    except Exception as error:  # Pillow has a dozen types for a damaged file
        raise DataError(f"Cannot read {file} as a PNG or JPEG image: {error}.") from error


def _shows_colour(image):
    """Tells whether red, green and blue differ in any pixel: grey images are stored as RGB, too."""
    if image.mode in ("1", "L", "LA"):
        return False
    pixels = np.asarray(image.convert("RGB"))
    return bool((pixels != pixels[..., :1]).any())


def _size(image):
    height, width = image.shape[:2]
    return f"{width}×{height}"
