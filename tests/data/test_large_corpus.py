"""A corpus on disk is the data set that it would be in memory."""

import numpy as np
import pytest

from zoo import spec
from zoo.data.base import large_corpus, prepared, reading
from zoo.errors import DataError
from zoo.runs import digests

NAMES = ("train", "validation", "test")
# Characters of one to four bytes, a byte order mark, all line ends, and words of all kinds.
TEXT = "\ufeff" + "Élan vital, naïve café; 東京 tower\r\nΟΔΥΣΣΕΥΣ 😀😀 it's\rdone.\u2028Next\n" * 40
TEXT += "".join(chr(0x100 + n) for n in range(300)) + "\n" + "the end of all things " * 30


@pytest.fixture
def build(tmp_path, monkeypatch):
    """A function that builds the data set of a text, in memory or on disk."""
    path = tmp_path / "text.txt"

    def write_and_build(text, on_disk, **arguments):
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        monkeypatch.setattr(prepared, "LARGE", 0 if on_disk else 2**40)
        given = "".join(f", {key}={value!r}" for key, value in arguments.items())
        data = f"text_file(path={str(path)!r}, layout='running'{given})"
        return spec.build("data", data, str(tmp_path / "data"))

    return write_and_build


@pytest.fixture(params=[5, 64, 2**20])
def chunk(request, monkeypatch):
    """The number of bytes read at once, down to a part of a character."""
    original = reading.chunks
    monkeypatch.setattr(reading, "chunks", lambda path: original(path, request.param))


@pytest.mark.parametrize("level", ["character", "word"])
@pytest.mark.parametrize("size", [None, 20])
def test_it_has_the_tokens_of_the_text_in_memory(build, chunk, level, size):
    arguments = {"level": level, "vocabulary_size": size, "length": 9}
    expected, found = (build(TEXT, on_disk, **arguments) for on_disk in (False, True))
    assert found.domain == expected.domain
    assert found.notes == expected.notes != ()
    for name in NAMES:
        tokens = found.split(name).values
        assert isinstance(tokens, np.memmap)
        np.testing.assert_array_equal(tokens, expected.split(name).values)
    assert digests.of_data(found, []) == digests.of_data(expected, [])


def test_training_and_measures_read_the_same_windows(build):
    expected, found = (build(TEXT, on_disk, length=9) for on_disk in (False, True))
    for step in (0, 3):
        batches = [each.train.batch(step, 16, seed=5) for each in (found, expected)]
        assert batches[0].dtype == batches[1].dtype
        np.testing.assert_array_equal(*batches)
    windows = [each.test.separate_windows(10, seed=1) for each in (found, expected)]
    assert windows[0].dtype == windows[1].dtype
    np.testing.assert_array_equal(*windows)


def test_held_out_files_are_parts_of_their_own(build, tmp_path):
    (tmp_path / "other.txt").write_text("words of another text " * 20, encoding="utf-8")
    arguments = {"length": 5, "test": str(tmp_path / "other.txt")}
    expected, found = (build(TEXT, on_disk, **arguments) for on_disk in (False, True))
    for name in NAMES:
        np.testing.assert_array_equal(found.split(name).values, expected.split(name).values)


def test_a_text_is_prepared_once_and_a_changed_one_anew(build, capsys):
    build(TEXT, on_disk=True)
    assert "Preparing" in capsys.readouterr().out
    build(TEXT, on_disk=True, length=50)
    assert capsys.readouterr().out == ""
    changed = build(TEXT.replace("vital", "mortal"), on_disk=True)
    assert "Preparing" in capsys.readouterr().out
    assert (
        "mortal"
        in changed.domain.vocabulary.decode(changed.train.values[None].astype(np.int32))
        .numpy()[0]
        .decode()
    )


def test_what_a_killed_process_left_is_not_taken(build, tmp_path, monkeypatch):
    def killed(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(large_corpus, "_tokens", killed)
        with pytest.raises(KeyboardInterrupt):
            build(TEXT, on_disk=True)
    assert list((tmp_path / "data" / "prepared").glob("unfinished_*"))
    found, expected = build(TEXT, on_disk=True), build(TEXT, on_disk=False)
    np.testing.assert_array_equal(found.train.values, expected.train.values)
    assert not list((tmp_path / "data" / "prepared").glob("unfinished_*"))


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        (b"abc" * 99 + b"\xff" + b"d" * 99, {}, "0xff at offset 297. Convert it to UTF-8"),
        ("é" * 99 + "x", {"length": 11}, "The validation text has 10 tokens, too few"),
        (TEXT, {"length": 1}, "length=1 should be at least 2"),
    ],
)
def test_what_is_refused_in_memory_is_refused_on_disk(build, chunk, text, arguments, message):
    for on_disk in (False, True):
        with pytest.raises(DataError, match=message):
            build(text, on_disk, **arguments)


def test_a_folder_that_cannot_be_written_is_named(build, tmp_path, monkeypatch):
    (tmp_path / "data").write_text("a file where a folder should be")
    with pytest.raises(DataError, match=r"Cannot prepare large data in .*--data_dir"):
        build(TEXT, on_disk=True)


def test_what_is_prepared_is_read_where_nothing_can_be_written(build, monkeypatch):
    def refused(path):
        raise PermissionError(13, "Permission denied", path)

    before = build(TEXT, on_disk=True)
    monkeypatch.setattr(prepared.filelock, "FileLock", refused)
    again = build(TEXT, on_disk=True)
    np.testing.assert_array_equal(again.train.values, before.train.values)
    with pytest.raises(DataError, match="Permission denied"):
        build(TEXT + "more", on_disk=True)
