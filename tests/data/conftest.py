"""Small data sets in TFDS's own files, and the real ones where TFDS_DATA_DIR has them."""

import json
import os
import pathlib

import pytest
import tensorflow as tf


def write_tfds(data_dir, name, version, features, splits):
    """Writes what TFDS leaves after preparing a data set: records and two descriptions.

    `splits` maps a split's name to its examples, a list of (example, how many copies).
    """
    folder = pathlib.Path(data_dir) / name / version
    folder.mkdir(parents=True)
    features.save_config(folder)
    described = []
    for split, examples in splits.items():
        path = folder / f"{name}-{split}.tfrecord-00000-of-00001"
        with tf.io.TFRecordWriter(str(path)) as writer:
            for example, copies in examples:
                record = features.serialize_example(features.encode_example(example))
                for _ in range(copies):
                    writer.write(record)
        described.append(
            {
                "name": split,
                "shardLengths": [str(sum(copies for _, copies in examples))],
                "numBytes": str(path.stat().st_size),
                "filepathTemplate": "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}",
            }
        )
    info = {"name": name, "version": version, "fileFormat": "tfrecord", "splits": described}
    (folder / "dataset_info.json").write_text(json.dumps(info))
    return folder


@pytest.fixture(name="write_tfds")
def give_write_tfds():
    return write_tfds


@pytest.fixture
def shakespeare_dir(tmp_path):
    """A data_dir with a tiny_shakespeare of three short texts."""
    import tensorflow_datasets as tfds

    texts = {
        "train": "To be, or not\nto be: " * 20,
        "validation": "be to " * 30,
        "test": "Q? " * 60,
    }
    splits = {split: [({"text": text}, 1)] for split, text in texts.items()}
    features = tfds.features.FeaturesDict({"text": tfds.features.Text()})
    write_tfds(tmp_path, "tiny_shakespeare", "1.0.0", features, splits)
    return tmp_path


@pytest.fixture
def real_tfds():
    """Gives the data_dir that holds a real TFDS data set, or skips the test."""

    def data_dir(name, version):
        folder = os.environ.get("TFDS_DATA_DIR")
        if folder is None or not (pathlib.Path(folder) / name / version).is_dir():
            pytest.skip(f"TFDS_DATA_DIR names no folder with {name} {version}")
        return folder

    return data_dir
