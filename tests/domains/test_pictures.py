"""PNG grids hold every pixel of every image, and scatters every point, in its place."""

import numpy as np
from PIL import Image

from zoo.domains import pictures


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


def test_a_grid_of_colours_keeps_them_and_their_order(tmp_path):
    colours = np.eye(3)[:, None, None, :] * np.ones([3, 2, 2, 1])  # pure red, green and blue
    pictures.save(pictures.grid(colours, columns=3, zoom=2, gap=0), tmp_path / "grid.png")
    with Image.open(tmp_path / "grid.png") as picture:
        assert picture.mode == "RGB"
        pixels = np.asarray(picture)
    np.testing.assert_array_equal(pixels[0, ::4], 255 * np.eye(3))
    assert pixels.shape == (4, 12, 3)


def test_values_outside_the_range_are_clipped_and_zoom_repeats_pixels():
    picture = pictures.grid(np.array([-1.0, 2.0]).reshape(1, 1, 2, 1), columns=1, zoom=3, gap=0)
    np.testing.assert_array_equal(np.asarray(picture), [[0, 0, 0, 255, 255, 255]] * 3)


GREY, RED = [150, 150, 150], [200, 30, 40]


def test_points_stand_in_their_places():
    """Grey corners of a square about a red middle; the second coordinate goes up."""
    real = np.array([[-1.0, -1.0], [1.0, 1.0]])
    picture = np.asarray(pictures.scatter(real, np.array([[0.0, 0.0], [-1.0, 1.0]]), size=111))
    assert picture.shape == (111, 111, 3)
    for place, colour in (((105, 5), GREY), ((5, 105), GREY), ((55, 55), RED), ((5, 5), RED)):
        np.testing.assert_array_equal(picture[place], colour)
    np.testing.assert_array_equal(picture[30, 80], [255] * 3)


def test_points_beyond_the_data_stand_at_the_edge_and_one_coordinate_is_enough():
    far = np.asarray(
        pictures.scatter(np.array([[0.0, 0], [1, 1]]), np.array([[0.5, 99]]), size=100)
    )
    assert (far[0] == RED).all(axis=-1).any()
    line = np.asarray(
        pictures.scatter(np.array([[0.0], [1.0], [2.0]]), np.array([[1.0]]), size=100)
    )
    assert (line == GREY).all(axis=-1).any()
    assert (line == RED).all(axis=-1).any()
