"""PNG grids hold every pixel of every image, in its place."""

import numpy as np
from PIL import Image

from zoo import pictures


def test_every_image_stands_in_its_place(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, [5, 4, 3, 1]) / 255
    pictures.save(pictures.grid(images, columns=2, gap=1), tmp_path / "grid.png")
    pixels = np.asarray(Image.open(tmp_path / "grid.png"))
    assert pixels.shape == (3 * 5 + 1, 2 * 4 + 1)
    for number, image in enumerate(images):
        top, left = 1 + number // 2 * 5, 1 + number % 2 * 4
        shown = pixels[top : top + 4, left : left + 3]
        np.testing.assert_array_equal(shown, np.round(image[..., 0] * 255))
    assert [path.name for path in tmp_path.iterdir()] == ["grid.png"]


def test_values_outside_the_range_are_clipped_and_zoom_repeats_pixels():
    picture = pictures.grid(np.array([-1.0, 2.0]).reshape(1, 1, 2, 1), columns=1, zoom=3, gap=0)
    np.testing.assert_array_equal(np.asarray(picture), [[0, 0, 0, 255, 255, 255]] * 3)
