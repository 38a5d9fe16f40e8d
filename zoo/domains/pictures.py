"""Images and points as PNG pictures."""

import pathlib

import numpy as np
from PIL import Image, ImageDraw


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


def scatter(real: np.ndarray, generated: np.ndarray, size: int = 480) -> Image.Image:
    """Real points in grey and generated ones in red over them, by their first two coordinates.

    The window is that of the real points, so that pictures of different samples can be compared;
    generated points beyond it stand at its edge. Points of one coordinate are spread over the
    height in their order.

    Args:
        real: float [count, dimension].
        generated: float [any, dimension].
        size: of the picture, in pixels each way.

    Returns:
        A `PIL.Image` in colours, on white.
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


def save(picture: Image.Image, path: pathlib.Path) -> None:
    """Writes a PNG beside `path` and renames it."""
    temporary = path.with_name(path.name + ".new")
    picture.save(temporary, format="png")
    temporary.replace(path)
