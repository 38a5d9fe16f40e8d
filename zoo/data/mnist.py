"""Handwritten digits, 28×28, with their classes."""

from zoo.data.base import classes, tfds
from zoo.data.base.splits import Dataset
from zoo.domains import Image


def build(data_dir: str | None, *, binary: bool = False, labels: bool = False) -> Dataset[Image]:
    """MNIST: 50,000 training, 10,000 validation and 10,000 test images, with labels 0 to 9.

    The test images are the usual ones. The validation images are not the usual last 10,000 of the
    60,000 training images, since TFDS shuffles these when it writes them.

    Args:
        data_dir: TFDS's folder; None means TFDS_DATA_DIR or else ~/tensorflow_datasets.
        binary: whether grey values are taken as probabilities of bits, drawn anew at each
            training step, and once and for all in the held-out parts. Likelihoods are not
            comparable to those of binarized_mnist.
        labels: whether models are conditioned on the classes.

    Raises:
        DataError: the data is neither there nor available for download, or damaged.

    Source: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to
    document recognition", 1998; TFDS `mnist` 3.0.1.
    """
    parts = tfds.read("mnist:3.0.1", ("train[:50000]", "train[50000:]", "test"), data_dir)
    pairs = [(part["image"], part["label"]) for part in parts]
    return classes.dataset(pairs, digits=True, binary=binary, labels=labels)
