"""Draws images and points as PNG pictures."""

import pathlib

import numpy as np
from PIL import Image, ImageDraw


def grid(images: np.ndarray, columns: int, zoom: int = 1, gap: int = 2) -> Image.Image:
    """Draws many images side by side in one picture.

    Args:
        images: float [count, height, width, channels] in [0, 1]; see `zoo.domains.Image`.
        columns: the number of images in a row.
        zoom: the factor by which pixels are enlarged.
        gap: the pixels of dark grey between two images.

    Returns:
        A `PIL.Image`, grey (mode L) or colour (mode RGB) as the images are, with plain places
        where the last row is not full.
    """
    count, height, width, channels = images.shape
    rows = -(-count // columns)
    shape = (rows * (height + gap) + gap, columns * (width + gap) + gap, channels)
    canvas = np.full(shape, 64, np.uint8)
    for number, image in enumerate(np.round(np.clip(images, 0, 1) * 255).astype(np.uint8)):
        top = gap + number // columns * (height + gap)
        left = gap + number % columns * (width + gap)
        canvas[top : top + height, left : left + width] = image
    picture = Image.fromarray(canvas[..., 0] if channels == 1 else canvas)
    return picture.resize((picture.width * zoom, picture.height * zoom), Image.Resampling.NEAREST)


def scatter(real: np.ndarray, generated: np.ndarray, size: int = 480) -> Image.Image:
    """Draws real points in grey and generated points in red on top, by their first two coordinates.

    The window is that of the real points, which makes pictures of different samples comparable;
    generated points outside it are drawn at its edge. Points of one coordinate are spread over the
    height in their order.

    Args:
        real: float [count, dimension].
        generated: float [any, dimension].
        size: the height and width of the picture in pixels.

    Returns:
        A `PIL.Image` in colour, on white.
    """
    real, generated = _in_the_plane(real), _in_the_plane(generated)
    low, high = real.min(axis=0), real.max(axis=0)
    half = max(0.55 * np.max(high - low), 1e-6)  # one scale for both coordinates
    picture = Image.new("RGB", (size, size), "white")
    canvas = ImageDraw.Draw(picture)
    for points, colour in ((real, (150, 150, 150)), (generated, (200, 30, 40))):
        right_and_up = np.clip((points - (low + high) / 2) / half, -1, 1)
        pixels = (1 + right_and_up * [1, -1]) / 2 * (size - 1)
        for x, y in pixels.tolist():
            canvas.ellipse((x - 1, y - 1, x + 1, y + 1), fill=colour)
    return picture


def _in_the_plane(points):
    if points.shape[1] > 1:
        return points[:, :2].astype(np.float64)
    height = np.linspace(points.min(), points.max(), len(points))
    return np.stack([points[:, 0], height], axis=-1).astype(np.float64)


def save(picture: Image.Image, path: pathlib.Path, format: str = "png", **options: object) -> None:
    """Writes a picture beside `path` and renames it.

    Args:
        picture: the picture, or the first of an animation.
        path: the file.
        format: "png" or "gif".
        **options: those of `PIL.Image.Image.save`.
    """
    temporary = path.with_name(path.name + ".new")
    picture.save(temporary, format=format, **options)
    temporary.replace(path)
