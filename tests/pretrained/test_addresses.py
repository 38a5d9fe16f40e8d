"""Archives are fetched once, checked, and unpacked whole or not at all."""

import hashlib
import io
import zipfile

import pytest

from zoo.errors import PretrainedError
from zoo.pretrained import addresses, index, manifest


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def archive(tmp_path, files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name, text in files.items():
            file.writestr(name, text)
    (tmp_path / "model.zip").write_bytes(content.getvalue())
    digest = hashlib.sha256(content.getvalue()).hexdigest()
    return f"{(tmp_path / 'model.zip').as_uri()}#sha256={digest}"


def published(tmp_path):
    folder = tmp_path / "published"
    folder.mkdir()
    for name in manifest.NEEDED:
        (folder / name).write_text(name, encoding="utf-8")
    manifest.write(folder, "example", "One line.")
    return folder


def test_an_archive_is_fetched_once(tmp_path, cache):
    files = {path.name: path.read_text() for path in published(tmp_path).iterdir()}
    address = archive(tmp_path, files)
    first = index.locate(address)
    assert manifest.read(first)["name"] == "example"
    (tmp_path / "model.zip").unlink()
    assert index.locate(address) == first
    assert [path.name for path in cache.iterdir()] == [first.name]


def test_another_archive_is_refused(tmp_path, cache):
    address = archive(tmp_path, {"a": "b"})
    archive(tmp_path, {"a": "c"})
    with pytest.raises(PretrainedError, match="is not what was asked for"):
        index.locate(address)
    assert not cache.exists()


@pytest.mark.parametrize("name", ["../outside", "folder/file", "/absolute"])
def test_an_archive_cannot_write_elsewhere(tmp_path, cache, name):
    with pytest.raises(PretrainedError, match="a model has no folders"):
        index.locate(archive(tmp_path, {"a": "b", name: "c"}))
    assert list(cache.iterdir()) == []


def test_what_is_no_archive_is_refused(tmp_path, cache):
    (tmp_path / "model.zip").write_bytes(b"nonsense")
    digest = hashlib.sha256(b"nonsense").hexdigest()
    with pytest.raises(PretrainedError, match="is no ZIP archive"):
        index.locate(f"{(tmp_path / 'model.zip').as_uri()}#sha256={digest}")
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("address", ["https://x/y.zip", "ftp://x/y.zip", "hf://name"])
def test_other_addresses_are_refused(address):
    with pytest.raises(PretrainedError, match="Cannot read the address"):
        index.locate(address)


def test_an_unreachable_archive_is_told():
    with pytest.raises(PretrainedError, match="Cannot fetch"):
        addresses.fetch(f"file:///nowhere/y.zip#sha256={'0' * 64}")


def test_the_hub_s_layout_is_read_without_a_network(tmp_path, monkeypatch):
    constants = pytest.importorskip("huggingface_hub.constants")
    repository = tmp_path / "hub" / "models--someone--example"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("f00d")
    (repository / "snapshots").mkdir()
    published(tmp_path).rename(repository / "snapshots" / "f00d")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert index.locate("hf://someone/example") == repository / "snapshots" / "f00d"
    with pytest.raises(PretrainedError, match="Cannot fetch hf://someone/other"):
        index.locate("hf://someone/other")


def test_an_unknown_name_lists_the_nearest():
    with pytest.raises(PretrainedError, match="There is no pretrained model 'digitz'"):
        index.locate("digitz")
