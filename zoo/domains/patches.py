"""Reads images as sequences: patches from left to right and from top to bottom, a token each.

A patch of h×w pixels with c channels of L levels each is one of L^(hwc) tokens: its values, the
upper left pixel first and red before green before blue, are the digits of the token's id to the
base L.
"""

import tensorflow as tf

from zoo.domains.image import Image
from zoo.domains.text import Text
from zoo.errors import SpecError, require
from zoo.tokenizers.vocabulary import Vocabulary

MAX_TOKENS = 4096
BINARY, OTHER = (2, 4), (1, 1)  # the default patches of grey binary images, and of others


def sequence(image: Image, patch: list[int] | None) -> tuple[Text, tuple[int, int]]:
    """Returns the sequences that images are read as, and the size of a patch.

    Args:
        image: the images' domain.
        patch: (height, width) of a patch; None: (2, 4) of grey binary images, (1, 1) of others.

    Raises:
        SpecError: the patches do not fill the image, or there are more than 4,096 of them.
    """
    height, width, channels = image.shape
    patch = tuple(patch or (BINARY if image.binary and channels == 1 else OTHER))
    require(
        len(patch) == 2 and min(patch) >= 1 and height % patch[0] == width % patch[1] == 0,
        f"patch={list(patch)} should be a height and a width that divide {height} and {width}.",
    )
    size = image.levels ** (patch[0] * patch[1] * channels)
    if size > MAX_TOKENS:
        raise SpecError(_too_many(image, patch))
    length = height * width // (patch[0] * patch[1])
    tokens = [str(number) for number in range(size)]
    return Text(Vocabulary(tokens, "word"), length, contiguous=False), patch


def _too_many(image, patch):
    """The message for a vocabulary that is too large: which images, patches or models would do."""
    if image.channels == 1:
        remedy = "give a smaller patch, or binary images, such as mnist_5k(binary=True)"
    elif image.binary:
        remedy = "give a smaller patch: patch=[1, 1] has 8 tokens"
    else:
        remedy = (
            "read the images in grey, e.g. image_folder(path=..., grey=True), make them binary (8 "
            "colours), or choose dcgan, mlp_gan or resnet_gan, which model pixels without tokens"
        )
    digits = patch[0] * patch[1] * image.channels
    # Python writes out no number of more than 4,300 digits, nor would anybody read it.
    size = f"{image.levels**digits:,}" if digits < 50 else f"{image.levels}^{digits}"
    channels = "" if image.channels == 1 else f" in {image.channels} channels"
    return (
        f"patch={list(patch)} of pixels with {image.levels} levels{channels} has {size} tokens, "
        f"more than {MAX_TOKENS:,}: {remedy}."
    )


def to_tokens(images: tf.Tensor, image: Image, patch: tuple[int, int]) -> tf.Tensor:
    """Encodes images as tokens.

    Args:
        images: float32 [batch, height, width, channels] in [0, 1].
        image: their domain.
        patch: (height, width) of a patch.

    Returns:
        int32 [batch, length].
    """
    (height, width, channels), (rows, columns) = image.shape, patch
    levels = tf.cast(tf.round(images * (image.levels - 1)), tf.int32)
    grid = tf.reshape(levels, [-1, height // rows, rows, width // columns, columns, channels])
    values = tf.transpose(
        grid, [0, 1, 3, 2, 4, 5]
    )  # [batch, down, across, rows, columns, channels]
    digits = tf.reshape(values, [-1, height * width // (rows * columns), rows * columns * channels])
    return tf.reduce_sum(digits * _place_values(image, patch), axis=-1)


def to_images(tokens: tf.Tensor, image: Image, patch: tuple[int, int]) -> tf.Tensor:
    """Decodes tokens to images.

    Args:
        tokens: int32 [batch, length].
        image: the images' domain.
        patch: (height, width) of a patch.

    Returns:
        float32 [batch, height, width, channels] in [0, 1].
    """
    (height, width, channels), (rows, columns) = image.shape, patch
    digits = tokens[:, :, None] // _place_values(image, patch) % image.levels
    values = tf.reshape(digits, [-1, height // rows, width // columns, rows, columns, channels])
    grid = tf.transpose(values, [0, 1, 3, 2, 4, 5])
    levels = tf.reshape(grid, [-1, *image.shape])
    return tf.cast(levels, tf.float32) / (image.levels - 1)


def _place_values(image, patch):
    """The factors of a token's digits, the highest first, int32 [height * width * channels]."""
    count = patch[0] * patch[1] * image.channels
    return tf.constant([image.levels**n for n in reversed(range(count))], tf.int32)
