"""Paths between latents against float64 arithmetic, and what they leave of the prior."""

import math
import statistics

import numpy as np
import pytest
import tensorflow as tf

from zoo import randomness
from zoo.functional import interpolation

HALF_WIDTH = math.sqrt(3)
FRACTIONS = tf.constant([0.0, 0.25, 0.5, 1.0])
HALF = tf.constant([0.5])


def in_cube(*arguments):
    return interpolation.spherical_in_cube(*arguments, HALF_WIDTH)


def draws(prior, rows, size, number=0):
    key = randomness.key(number, 0, "test")
    if prior == "normal":
        return randomness.normal(key, [rows, size])
    return HALF_WIDTH * (2 * randomness.uniform(key, [rows, size]) - 1)


PATHS = {
    "line": (interpolation.linear, "normal"),
    "arc": (interpolation.spherical, "normal"),
    "cube": (in_cube, "uniform"),
}


@pytest.mark.parametrize("size", [1, 2, 100])
@pytest.mark.parametrize("name", PATHS)
def test_ends_are_the_draws_bit_for_bit(name, size):
    path, prior = PATHS[name]
    start, end = (draws(prior, 50, size, number) for number in (0, 1))
    found = tf.function(path)(start, end, FRACTIONS)
    assert found.shape == (50, 4, size)
    np.testing.assert_array_equal(found[:, 0], start)
    np.testing.assert_array_equal(found[:, -1], end)
    assert np.isfinite(found).all()


def test_an_arc_is_that_of_the_plane():
    """On a circle of radius 2 a third of the way along an arc of 90 degrees is at 30."""
    found = interpolation.spherical(
        tf.constant([[2.0, 0, 0]]), tf.constant([[0, 2.0, 0]]), tf.constant([1 / 3])
    )
    expected = [2 * math.cos(math.pi / 6), 2 * math.sin(math.pi / 6), 0]
    np.testing.assert_allclose(found[0, 0], expected, atol=1e-6)


def test_an_arc_keeps_the_length_of_vectors_as_long():
    start, end = (tf.nn.l2_normalize(draws("normal", 20, 7, number), -1) for number in (2, 3))
    lengths = tf.norm(interpolation.spherical(start, end, FRACTIONS), axis=-1)
    np.testing.assert_allclose(lengths, 1, atol=1e-6)
    half_way = tf.norm(interpolation.linear(start, end, HALF), axis=-1)
    assert np.all(half_way < 0.99)


@pytest.mark.parametrize("factor", [1.0, 2.0, -1.5])
def test_parallel_latents_are_joined_by_the_line(factor):
    start = draws("normal", 20, 5)
    found = interpolation.spherical(start, factor * start, FRACTIONS)
    expected = interpolation.linear(start, factor * start, FRACTIONS)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(("name", "variance"), [("arc", 1), ("cube", 1), ("line", 0.5)])
def test_half_way_the_variance_is_that_of_the_prior(name, variance):
    """Five standard errors of a variance; the line has half of it."""
    path, prior = PATHS[name]
    start, end = (draws(prior, 2000, 100, number) for number in (4, 5))
    half_way = path(start, end, HALF).numpy().astype(np.float64)
    error = math.sqrt(2 / half_way.size)  # of the variance of normal draws
    # Angles of 100 components are right ones up to a tenth, which adds about 1 / (2 · 100).
    assert abs(half_way.var() - variance) < 5 * error + (0.006 if name != "line" else 0)


def test_paths_of_a_cube_stay_in_it_and_arcs_do_not():
    start, end = (draws("uniform", 500, 100, number) for number in (6, 7))
    inside = in_cube(start, end, HALF).numpy().ravel()
    assert np.abs(inside).max() <= HALF_WIDTH
    assert np.abs(interpolation.spherical(start, end, HALF)).max() > 1.2 * HALF_WIDTH
    shares = np.histogram(inside, bins=8, range=(-HALF_WIDTH, HALF_WIDTH))[0] / inside.size
    np.testing.assert_allclose(shares, 1 / 8, atol=0.005)


def test_a_path_leaves_a_corner_of_the_cube():
    """To the centre, at a right angle: half-way at F⁻¹(F(corner) / √2), below the corner."""
    corner = tf.constant([[-HALF_WIDTH, HALF_WIDTH, -HALF_WIDTH]])
    found = in_cube(corner, tf.zeros([1, 3]), FRACTIONS)[0]
    of_corner = -statistics.NormalDist().inv_cdf(2**-24)  # of the last float32 but one
    half_way = math.erf(of_corner / math.sqrt(2) / math.sqrt(2))
    np.testing.assert_allclose(found[2], corner[0] * half_way, rtol=1e-6)
    assert half_way < 0.9999
    np.testing.assert_array_equal(found[0], corner[0])
