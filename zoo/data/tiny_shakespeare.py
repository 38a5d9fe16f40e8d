"""A megabyte of Shakespeare's plays, as characters."""

from zoo.data.base import corpus, tfds
from zoo.data.base.splits import Dataset
from zoo.domains import Text


def build(data_dir: str | None, *, length: int = 100) -> Dataset[Text]:
    """Tiny Shakespeare: 1,003,854 training, 55,770 validation and 55,770 test characters.

    The parts are contiguous and in the order of the original file.

    Args:
        data_dir: TFDS's folder; None means TFDS_DATA_DIR or else ~/tensorflow_datasets.
        length: the number of characters in a training window, at least 2.

    Raises:
        DataError: the data is neither there nor available for download, or damaged; or `length` is
            out of range.

    Source: A. Karpathy, char-rnn, 2015; TFDS `tiny_shakespeare` 1.0.0.
    """
    parts = tfds.read("tiny_shakespeare:1.0.0", ("train", "validation", "test"), data_dir)
    texts = [part["text"][0].decode() for part in parts]
    return corpus.contiguous(texts, "character", length)
