"""Pieces of clothing, 28×28, with their classes."""

from zoo.data.base import classes, tfds
from zoo.data.base.splits import Dataset
from zoo.domains import Image


def build(data_dir: str | None, *, binary: bool = False, labels: bool = False) -> Dataset[Image]:
    """Fashion-MNIST: 50,000 training, 10,000 validation and 10,000 test images, labels 0 to 9.

    The validation images are the last 10,000 of the 60,000 training images as TFDS shuffles them.
    The images show no digits.

    Args:
        data_dir: TFDS's folder; None means TFDS_DATA_DIR or else ~/tensorflow_datasets.
        binary: whether grey values are taken as probabilities of bits, drawn anew at each
            training step, and once and for all in the held-out parts. Likelihoods of other bits
            are not comparable.
        labels: whether models are conditioned on the classes.

    Raises:
        DataError: the data is neither there nor available for download, or damaged.

    Source: H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST", 2017, arXiv 1708.07747; TFDS
    `fashion_mnist` 3.0.1.
    """
    name = "fashion_mnist:3.0.1"
    parts = tfds.read(name, ("train[:50000]", "train[50000:]", "test"), data_dir)
    pairs = [(part["image"], part["label"]) for part in parts]
    return classes.dataset(pairs, digits=False, binary=binary, labels=labels)
