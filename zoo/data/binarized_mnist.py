"""Handwritten digits in black and white, in the one published binarisation."""

from zoo.data.base import tfds
from zoo.data.base.splits import Dataset, Images
from zoo.domains import Image


def build(data_dir: str | None) -> Dataset[Image]:
    """Binarized MNIST: 50,000 training, 10,000 validation and 10,000 test images, no labels.

    Each pixel was drawn once, with its grey value as the probability of 1. Likelihoods on these
    bits are not comparable to those on other binarisations of MNIST.

    Args:
        data_dir: TFDS's folder; None means TFDS_DATA_DIR or else ~/tensorflow_datasets.

    Raises:
        DataError: the data is neither there nor available for download, or damaged.

    Source: R. Salakhutdinov and I. Murray, "On the quantitative analysis of deep belief
    networks", 2008; H. Larochelle's files; TFDS `binarized_mnist` 1.0.0.
    """
    parts = tfds.read("binarized_mnist:1.0.0", ("train", "validation", "test"), data_dir)
    splits = [Images(part["image"] * 255) for part in parts]  # TFDS has the bits as 0 and 1
    return Dataset(Image((28, 28, 1), binary=True, digits=True), *splits)
