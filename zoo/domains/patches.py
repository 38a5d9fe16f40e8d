"""Images read as sequences: patches from left to right and from top to bottom, a symbol each.

A patch of h×w pixels with L levels each is one of L^(hw) symbols: its pixels, the upper left one
first, are the digits of the symbol's number to the base L.
"""

import tensorflow as tf

from zoo.domains import Image, Text
from zoo.errors import require
from zoo.tokenizers.vocabulary import Vocabulary

MOST = 4096  # symbols
BINARY, GREY = (2, 4), (1, 1)  # the patches that are read where none is asked for


def sequence(image: Image, patch: list[int] | None) -> tuple[Text, tuple[int, int]]:
    """The texts that images are read as, and the size of a patch.

    Args:
        image: the images' spec.
        patch: (height, width) of a patch; None: (2, 4) of binary images, (1, 1) of others.

    Raises:
        SpecError: patches that do not fill the image, or of which there are too many.
    """
    height, width, channels = image.shape
    patch = tuple(patch or (BINARY if image.binary else GREY))
    require(
        len(patch) == 2 and min(patch) >= 1 and height % patch[0] == width % patch[1] == 0,
        f"patch={list(patch)} should be a height and a width that divide {height} and {width}.",
    )
    require(channels == 1, f"Sequences are read from images of one channel; these have {channels}.")
    size = image.levels ** (patch[0] * patch[1])
    require(
        size <= MOST,
        f"patch={list(patch)} of pixels with {image.levels} levels has {size:,} symbols, more than "
        f"{MOST:,}: give a smaller patch, or binary images, such as mnist_5k(binary=True).",
    )
    length = height * width // (patch[0] * patch[1])
    symbols = [str(number) for number in range(size)]
    return Text(Vocabulary(symbols, "word"), length, running=False), patch


def to_tokens(images, image: Image, patch: tuple[int, int]):
    """Images as symbols.

    Args:
        images: float32 [batch, height, width, 1] in [0, 1].
        image: their spec.
        patch: (height, width) of a patch.

    Returns:
        int32 [batch, length].
    """
    (height, width, _), (rows, columns) = image.shape, patch
    levels = tf.cast(tf.round(images * (image.levels - 1)), tf.int32)
    grid = tf.reshape(levels, [-1, height // rows, rows, width // columns, columns])
    pixels = tf.transpose(grid, [0, 1, 3, 2, 4])  # [batch, down, across, rows, columns]
    digits = tf.reshape(pixels, [-1, height * width // (rows * columns), rows * columns])
    return tf.reduce_sum(digits * _places(image.levels, patch), axis=-1)


def to_images(tokens, image: Image, patch: tuple[int, int]):
    """Symbols int32 [batch, length] as images, float32 [batch, height, width, 1] in [0, 1]."""
    (height, width, _), (rows, columns) = image.shape, patch
    digits = tokens[:, :, None] // _places(image.levels, patch) % image.levels
    pixels = tf.reshape(digits, [-1, height // rows, width // columns, rows, columns])
    grid = tf.transpose(pixels, [0, 1, 3, 2, 4])
    levels = tf.reshape(grid, [-1, height, width, 1])
    return tf.cast(levels, tf.float32) / (image.levels - 1)


def _places(levels, patch):
    return tf.constant([levels**n for n in reversed(range(patch[0] * patch[1]))], tf.int32)
