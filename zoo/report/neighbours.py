"""Samples next to their nearest training images."""

import base64
import dataclasses
import io

import numpy as np

from zoo.domains import pictures
from zoo.metrics.base import distances

_NEIGHBOURS = 3


@dataclasses.dataclass(frozen=True)
class Neighbours:
    """A sample and its nearest training images.

    Attributes:
        picture: the sample and its neighbours, nearest first, as a data URI of a PNG.
        distance: the Euclidean pixel distance to the nearest.
    """

    picture: str
    distance: float


def nearest(images: np.ndarray, training: np.ndarray) -> list[Neighbours]:
    """Finds the nearest training images of each image.

    Args:
        images: float [count, height, width, channels] in [0, 1].
        training: float [size, height, width, channels] in [0, 1].
    """
    flat, known = distances.flat(images), distances.flat(training)
    squares = np.concatenate(list(distances.squared(flat, known)))
    order = np.argsort(squares, axis=-1)[:, :_NEIGHBOURS]
    return [
        Neighbours(
            data_uri(np.concatenate([image[None], training[indices]]), len(indices) + 1),
            float(np.linalg.norm(vector - known[indices[0]])),
        )
        for image, vector, indices in zip(images, flat, order, strict=True)
    ]


def data_uri(images: np.ndarray, columns: int) -> str:
    """Renders a grid of images as a data URI of a PNG."""
    file = io.BytesIO()
    pictures.grid(images, columns).save(file, format="png", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
