"""Archives are fetched once, checked, and unpacked whole or not at all."""

import hashlib
import io
import re
import socket
import threading
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
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("name", ["../outside", "folder/file", "/absolute", ".."])
def test_an_archive_cannot_write_elsewhere(tmp_path, cache, name):
    with pytest.raises(PretrainedError, match="a model is one folder of files"):
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


def test_the_files_may_lie_in_a_folder_of_the_archive(tmp_path):
    files = {f"example/{path.name}": path.read_text() for path in published(tmp_path).iterdir()}
    assert manifest.read(index.locate(archive(tmp_path, {"example/": "", **files})))


def test_a_damaged_folder_in_the_cache_is_fetched_anew(tmp_path, cache):
    files = {path.name: path.read_text() for path in published(tmp_path).iterdir()}
    address = archive(tmp_path, files)
    folder = index.locate(address)
    (folder / "README.md").write_text("another")
    assert (index.locate(address) / "README.md").read_text() == "README.md"
    assert [path.name for path in cache.iterdir()] == [folder.name]


def test_a_folder_that_another_process_has_fetched_meanwhile_is_taken(tmp_path, monkeypatch):
    files = {path.name: path.read_text() for path in published(tmp_path).iterdir()}
    address = archive(tmp_path, files)
    first, again = addresses.fetch(address)[0], []

    def not_yet(folder, whole=addresses._is_whole):
        again.append(folder)
        return len(again) > 1 and whole(folder)

    monkeypatch.setattr(addresses, "_is_whole", not_yet)
    before = first.stat().st_ino
    assert addresses.fetch(address)[0].stat().st_ino == before


def answering(head, body):
    """The address of a server that answers once."""
    server = socket.create_server(("127.0.0.1", 0))

    def answer():
        connection, _ = server.accept()
        with connection, server:
            connection.recv(10_000)
            connection.sendall(head + body)

    threading.Thread(target=answer, daemon=True).start()
    port = server.getsockname()[1]
    return f"http://127.0.0.1:{port}/model.zip#sha256={hashlib.sha256(body).hexdigest()}"


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "4 of 1,000 bytes came. Try again."),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n", "Cannot fetch http"),
        (b"SSH-2.0-server\r\n", "Cannot fetch http"),
    ],
)
def test_an_answer_that_is_cut_off_or_none_is_told(head, message, cache):
    with pytest.raises(PretrainedError, match=re.escape(message)):
        index.locate(answering(head, b"half"))
    assert list(cache.iterdir()) == []


def test_a_cache_that_cannot_be_written_is_told_before_the_download(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "file"))
    with pytest.raises(PretrainedError, match="in the cache"):
        addresses.fetch(f"https://localhost:1/y.zip#sha256={'0' * 64}")


def test_a_damaged_index_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(index, "MODELS", tmp_path)
    assert index.names() == []
    (tmp_path / "index.json").write_text('{"models": {"a"')
    with pytest.raises(PretrainedError, match=r"index.json is damaged. Install the package again"):
        index.names()
