"""Images as PNG grids."""

import pathlib

import numpy as np
from PIL import Image


def grid(images: np.ndarray, columns: int, zoom: int = 1, gap: int = 2) -> Image.Image:
    """One picture of many.

    Args:
        images: float [count, height, width, 1], values in [0, 1], white on black.
        columns: images a row.
        zoom: how many times larger each pixel is drawn.
        gap: grey pixels between two images.

    Returns:
        A grey `PIL.Image`, with plain places where the last row is not full.
    """
    count, height, width, _ = images.shape
    rows = -(-count // columns)
    pixels = np.round(np.clip(images[..., 0], 0, 1) * 255).astype(np.uint8)
    canvas = np.full((rows * (height + gap) + gap, columns * (width + gap) + gap), 64, np.uint8)
    for number, image in enumerate(pixels):
        top = gap + number // columns * (height + gap)
        left = gap + number % columns * (width + gap)
        canvas[top : top + height, left : left + width] = image
    picture = Image.fromarray(canvas)
    return picture.resize((picture.width * zoom, picture.height * zoom), Image.Resampling.NEAREST)


def save(picture: Image.Image, path: pathlib.Path) -> None:
    """Writes a PNG beside `path` and renames it."""
    temporary = path.with_name(path.name + ".new")
    picture.save(temporary, format="png")
    temporary.replace(path)
