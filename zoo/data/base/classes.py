"""Builds data sets of grey images of ten classes, as grey values or bits, labelled or not."""

import numpy as np

from zoo.data.base.splits import BinarisedImages, Dataset, Images
from zoo.domains import Image

CLASSES = 10


def dataset(parts: list, *, digits: bool, binary: bool, labels: bool) -> Dataset[Image]:
    """Builds a data set of images with classes.

    Args:
        parts: images uint8 [count, height, width, channels] and labels [count] of the training,
            validation and test part.
        digits: whether the images show the digits of MNIST.
        binary: whether grey values are taken as probabilities of 1. The training part is drawn
            anew at each step, the held-out parts once and for all.
        labels: whether models are conditioned on the labels.
    """
    (images, classes), *held_out = parts
    train = (BinarisedImages if binary else Images)(images, classes)
    tests = [
        Images(_bits(images, number) if binary else images, classes)
        for number, (images, classes) in enumerate(held_out)
    ]
    domain = Image(images.shape[1:], binary, digits, num_classes=CLASSES if labels else 0)
    return Dataset(domain, train, *tests)


def _bits(images, number):
    """Draws 0 and 255 with the grey values as probabilities of 255."""
    uniform = np.random.RandomState(number).uniform(size=images.shape)
    return np.where(uniform * 255 < images, 255, 0).astype(np.uint8)
