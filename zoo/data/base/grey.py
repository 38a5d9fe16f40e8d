"""Converts colour images to grey, as ITU-R BT.601 weights red, green and blue."""

import dataclasses

import numpy as np

from zoo.data.base.splits import Dataset, Images
from zoo.domains import Domain, Image

# In 65,536ths, as Pillow's `convert("L")` has them, whose results these are to the bit.
_RED, _GREEN, _BLUE = 19595, 38470, 7471


def convert(images: np.ndarray) -> np.ndarray:
    """Computes the luma 0.299 R + 0.587 G + 0.114 B of each pixel.

    Args:
        images: uint8 [count, height, width, channels]; grey ones come back unchanged.

    Returns:
        uint8 [count, height, width, 1].
    """
    if images.shape[-1] == 1:
        return images
    luma = images.astype(np.uint32) @ np.array([_RED, _GREEN, _BLUE], np.uint32)
    return ((luma + 0x8000) >> 16).astype(np.uint8)[..., None]


def as_recorded(dataset: Dataset, recorded: Domain) -> Dataset:
    """Converts a data set to grey for a run that was trained on its images in grey.

    Colour images were once always read in grey: the runs of that time name no such argument in
    their specs.

    Args:
        dataset: as its spec is built today.
        recorded: the domain that the run was trained on.

    Returns:
        The data set in grey where it is in colour and `recorded` is grey; else as it is.
    """
    domain = dataset.domain
    if not isinstance(domain, Image) or not isinstance(recorded, Image):
        return dataset
    if domain.channels == recorded.channels or recorded.channels != 1:
        return dataset
    train, validation, test = (
        Images(convert(split.values), split.labels)
        for split in (dataset.train, dataset.validation, dataset.test)
    )
    values = [split.values for split in (train, validation, test)]
    binary = all(bool(np.isin(each, (0, 255)).all()) for each in values)
    shape = (*domain.shape[:2], 1)
    domain = dataclasses.replace(domain, shape=shape, binary=binary)
    return dataclasses.replace(
        dataset, domain=domain, train=train, validation=validation, test=test
    )
