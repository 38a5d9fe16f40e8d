"""Images as sequences of patches."""

import numpy as np
import pytest
import tensorflow as tf

from zoo.domains import Image, patches
from zoo.errors import SpecError

BITS, GREY = Image((4, 4, 1), binary=True), Image((4, 6, 1))
COLOURS = Image((4, 4, 3), binary=True)


@pytest.mark.parametrize(
    ("image", "patch", "size", "length"),
    [
        (Image((28, 28, 1), binary=True), None, 256, 98),
        (Image((28, 28, 1), binary=True), [1, 1], 2, 784),
        (Image((28, 28, 1)), None, 256, 784),
        (BITS, [2, 2], 16, 4),
        (BITS, [4, 1], 16, 4),
        (COLOURS, None, 8, 16),
        (COLOURS, [2, 2], 4096, 4),
    ],
)
def test_the_sequence_that_an_image_is_read_as(image, patch, size, length):
    sequence, _ = patches.sequence(image, patch)
    assert (sequence.vocabulary.size, sequence.length) == (size, length)
    assert not sequence.contiguous


def test_an_example_by_hand():
    """Two rows of two patches of 2×2 bits; the upper left bit counts 8, the lower right 1."""
    image = np.array([[1, 0, 0, 0], [0, 0, 0, 1], [1, 1, 0, 1], [1, 1, 1, 0]], np.float32)
    tokens = patches.to_tokens(image[None, :, :, None], BITS, (2, 2))
    np.testing.assert_array_equal(tokens, [[8, 1, 15, 6]])


def test_an_example_of_grey_values_by_hand():
    image = np.arange(24, dtype=np.float32).reshape(1, 4, 6, 1) / 255
    np.testing.assert_array_equal(patches.to_tokens(image, GREY, (1, 1)), [np.arange(24)])


def test_an_example_of_colours_by_hand():
    """Red counts 4, green 2 and blue 1; in a patch of two pixels the left one counts eightfold."""
    red, green, blue, white = [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]
    image = np.array([[[red, green], [blue, white]]], np.float32)
    domain = Image((2, 2, 3), binary=True)
    np.testing.assert_array_equal(patches.to_tokens(image, domain, (1, 1)), [[4, 2, 1, 7]])
    np.testing.assert_array_equal(patches.to_tokens(image, domain, (1, 2)), [[34, 15]])


@pytest.mark.parametrize(
    ("image", "patch"),
    [
        (BITS, (2, 4)),
        (BITS, (1, 1)),
        (GREY, (1, 1)),
        (COLOURS, (1, 1)),
        (COLOURS, (2, 1)),
        (COLOURS, (2, 2)),
    ],
)
def test_images_come_back_from_their_tokens(image, patch):
    levels = np.random.default_rng(0).integers(image.levels, size=(50, *image.shape))
    images = tf.constant(levels / (image.levels - 1), tf.float32)
    tokens = patches.to_tokens(images, image, patch)
    np.testing.assert_array_equal(patches.to_images(tokens, image, patch), images)


def test_every_token_is_another_patch():
    tokens = tf.reshape(tf.range(256), [64, 4])
    images = patches.to_images(tokens, Image((4, 8, 1), binary=True), (2, 4))
    np.testing.assert_array_equal(
        patches.to_tokens(images, Image((4, 8, 1), binary=True), (2, 4)), tokens
    )
    pieces = images.numpy().reshape(64, 2, 2, 2, 4).transpose(0, 1, 3, 2, 4).reshape(256, 8)
    assert len(np.unique(pieces, axis=0)) == 256


@pytest.mark.parametrize(
    ("image", "patch", "words"),
    [
        (BITS, [3, 2], "divide 4 and 4"),
        (BITS, [2], "a height and a width"),
        (BITS, [0, 2], "divide"),
        (BITS, [4, 4], "65,536 tokens"),
        (GREY, [1, 2], "binary images"),
        (COLOURS, [2, 4], r"16,777,216 tokens.*patch=\[1, 1\] has 8"),
        (Image((4, 4, 3)), None, r"256 levels in 3 channels has 16,777,216.*grey=True.*dcgan"),
        (Image((28, 28, 3)), [28, 28], r"256\^2352 tokens"),
    ],
)
def test_patches_that_cannot_be_are_refused(image, patch, words):
    with pytest.raises(SpecError, match=words):
        patches.sequence(image, patch)
