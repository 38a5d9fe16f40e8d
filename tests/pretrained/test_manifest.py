"""Published folders are checked file by file before anything of them is read."""

import json

import pytest

from zoo.errors import PretrainedError
from zoo.pretrained import manifest


@pytest.fixture
def folder(tmp_path):
    for name in manifest.NEEDED:
        (tmp_path / name).write_bytes(name.encode() * 100)
    manifest.write(tmp_path, "example", "One line.")
    return tmp_path


def test_what_was_written_is_read(folder):
    assert manifest.read(folder)["name"] == "example"
    assert manifest.read(folder, manifest.sha256(folder / manifest.FILE))


@pytest.mark.parametrize("name", manifest.NEEDED)
def test_a_flipped_bit_is_named(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[17] ^= 4
    (folder / name).write_bytes(content)
    with pytest.raises(PretrainedError, match=f"{name} is damaged"):
        manifest.read(folder)


@pytest.mark.parametrize("name", manifest.NEEDED)
def test_a_truncated_file_is_named(folder, name):
    (folder / name).write_bytes((folder / name).read_bytes()[:-1])
    with pytest.raises(PretrainedError, match=f"{name} is damaged"):
        manifest.read(folder)


@pytest.mark.parametrize("name", manifest.NEEDED)
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(PretrainedError, match=f"{name} is missing"):
        manifest.read(folder)


def test_another_manifest_than_the_expected_one_is_refused(folder):
    expected = manifest.sha256(folder / manifest.FILE)
    (folder / "README.md").write_text("Another card.", encoding="utf-8")
    manifest.write(folder, "example", "One line.")
    with pytest.raises(PretrainedError, match="not the manifest that was asked for"):
        manifest.read(folder, expected)


def test_a_newer_format_asks_for_an_update(folder):
    content = json.loads((folder / manifest.FILE).read_text(encoding="utf-8"))
    content["format"] = manifest.FORMAT + 1
    (folder / manifest.FILE).write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(PretrainedError, match="Update the package"):
        manifest.read(folder)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"format": "1", "files": {}}', '{"format": 1, "files": [1]}']
)
def test_what_is_no_manifest_is_refused(folder, content):
    (folder / manifest.FILE).write_text(content, encoding="utf-8")
    with pytest.raises(PretrainedError, match="is no manifest"):
        manifest.read(folder)


def test_a_manifest_names_no_file_elsewhere(folder):
    content = json.loads((folder / manifest.FILE).read_text(encoding="utf-8"))
    content["files"]["../outside"] = "0" * 64
    (folder / manifest.FILE).write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(PretrainedError, match="does not list"):
        manifest.read(folder)
