import os
import pathlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo import spec
from zoo.data import text_file
from zoo.errors import DataError, SpecError

NAMES = ("train", "validation", "test")


@pytest.fixture
def build(tmp_path):
    """Writes a text and builds the data set of it."""

    def write_and_build(text, **arguments):
        path = tmp_path / "a text.txt"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        given = "".join(f", {key}={value!r}" for key, value in arguments.items())
        return spec.build("data", f"text_file(path={str(path)!r}{given})", None)

    return write_and_build


def decoded(dataset, name):
    values = dataset.split(name).values
    rows = values if values.ndim == 2 else values[None]
    return [text.decode() for text in dataset.domain.vocabulary.decode(rows).numpy()]


def all_lines(dataset):
    return sorted(line for name in NAMES for line in decoded(dataset, name))


LINES = [f"line {number}" for number in range(57)]


def test_every_line_is_in_one_split(build):
    dataset = build("\n".join(LINES) + "\n")
    parts = {name: decoded(dataset, name) for name in NAMES}
    assert {name: len(part) for name, part in parts.items()} == {
        "train": 47,
        "validation": 5,
        "test": 5,
    }
    assert all_lines(dataset) == sorted(LINES)
    assert parts["train"] + parts["validation"] + parts["test"] != LINES  # drawn, not cut off


def test_length_is_the_longest_training_line_and_its_end(build):
    dataset = build("\n".join(LINES))
    longest = max(map(len, decoded(dataset, "train")))
    assert dataset.domain.length == longest + 1 == dataset.train.values.shape[1]


def test_longer_lines_are_cut(build):
    dataset = build("\n".join(LINES), length=4)
    assert set(decoded(dataset, "train")) == {"line"}
    assert dataset.test.values.shape == (5, 4)


def test_empty_lines_and_other_line_ends_are_no_tokens(build):
    dataset = build("\ufeff" + "\r\n\r\n \t\r\n".join(LINES) + "\r\n\r\n")
    assert all_lines(dataset) == sorted(LINES)


def test_only_line_ends_end_lines(build):
    lines = ["a\u2028\x0c\x85."] * 10
    assert all_lines(build("\n".join(lines))) == lines


def test_running_text_is_cut_at_its_end(build):
    text = "".join(chr(ord("a") + number % 26) for number in range(1_005))
    dataset = build(text, layout="running")
    parts = [decoded(dataset, name)[0] for name in NAMES]
    assert "".join(parts) == text
    assert [len(part) for part in parts] == [805, 100, 100]
    assert dataset.domain.contiguous
    assert dataset.domain.length == 100


def test_words(build):
    dataset = build("\n".join(["The dog's “bone”, isn't it?"] * 10), level="word")
    words = ["the", "dog's", "“", "bone", "”", ",", "isn't", "it", "?"]
    assert sorted(dataset.domain.vocabulary.tokens[2:]) == sorted(words)
    assert decoded(dataset, "test") == [" ".join(words)]
    assert dataset.domain.length == len(words) + 1


def test_running_words(build):
    dataset = build("one two\nthree four\n" * 100, level="word", layout="running", length=10)
    assert decoded(dataset, "train")[0].startswith("one two three four one")
    assert set(dataset.domain.vocabulary.tokens[2:6]) == {"one", "two", "three", "four"}


def test_vocabulary_has_the_most_frequent_training_tokens(build, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text("cccccccc\n")
    dataset = build("aab\naab\n" * 10, vocabulary_size=1, validation=str(other))
    assert dataset.domain.vocabulary.tokens == ("<unknown>", "<end>", "a")
    assert decoded(dataset, "validation") == ["\ufffd" * 4]
    assert set(decoded(dataset, "train")) == {"aa\ufffd"}


@pytest.mark.parametrize("layout", ["lines", "running"])
def test_the_share_of_unknown_tokens_is_told(build, tmp_path, layout):
    other = tmp_path / "other.txt"
    other.write_text("xxxxabcd" * 2)
    files = {"validation": str(other), "test": str(other)}
    found = build("abcdabce" * 2, layout=layout, length=4, vocabulary_size=3, **files).notes[0]
    assert found.startswith("Unknown tokens: 25.00% of the training part, 62.50% of validation")


def test_nothing_is_told_of_texts_that_are_whole(build):
    assert build("\n".join(LINES)).notes == ()


def test_one_long_line_is_told(build):
    lines = ["x" * 9] * 40
    notes = build("\n".join([*lines, *["y" * 20_000] * 5]), validation=None).notes
    assert any("padded to the 20,001 tokens of the longest one" in note for note in notes)
    assert any("half of them have at most 10" in note for note in notes)


def test_the_number_of_texts_that_are_cut_is_told(build):
    notes = build("\n".join(["x" * 9] * 40 + ["x" * 3] * 20), length=10).notes
    assert notes == ()
    assert build("\n".join(["x" * 9] * 40 + ["x" * 3] * 20), length=6).notes == (
        "40 of 60 texts are cut at length=6.",
    )


def test_words_are_capped_by_default(build, monkeypatch):
    monkeypatch.setattr(text_file, "WORDS", 3)
    assert build("a a b b c c d\n" * 10, level="word").domain.vocabulary.size == 3 + 2
    assert build("a a b b c c d\n" * 10).domain.vocabulary.size == 5 + 2


@pytest.mark.parametrize("layout", ["lines", "running"])
def test_given_files_leave_the_first_one_whole(build, tmp_path, layout):
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("cab\n" * 3)
    second.write_text("bca\n" * 2)
    files = {"validation": str(first), "test": str(second)}
    dataset = build("abc\n" * 5, layout=layout, length=8, **files)
    words = ["".join(decoded(dataset, name)).replace("\n", "") for name in NAMES]
    assert words == ["abc" * 5, "cab" * 3, "bca" * 2]


def test_one_given_file_leaves_one_tenth_to_split_off(build, tmp_path):
    other = tmp_path / "other"
    other.write_text("other\n")
    dataset = build("\n".join(LINES), test=str(other))
    assert [len(dataset.split(name)) for name in NAMES] == [52, 5, 1]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), min_size=1)))
def test_lines_come_back_whatever_they_hold(tmp_path_factory, lines):
    lines = [f"x{line}" for line in [*lines, *"0123456789"]]
    path = tmp_path_factory.mktemp("any") / "file"
    path.write_bytes("\n".join(lines).encode())
    other = path.with_name("other")
    other.write_text("x")
    dataset = text_file.build(None, path=str(path), validation=str(other), test=str(other))
    assert sorted(decoded(dataset, "train")) == sorted(lines)


ERRORS = {
    "missing": (None, {}, "Cannot read .*No such file"),
    "empty": ("", {}, "is empty"),
    "blank": (" \n\t\n", {}, "is empty"),
    "not UTF-8": ("ab\né".encode("latin-1") * 9, {}, "not UTF-8: it has the byte 0xe9 at offset 3"),
    "few lines": ("a\n" * 9, {}, "has 9 examples, too few .* at least 10"),
    "short": ("abc" * 100, {"layout": "running"}, "validation text has 30 tokens"),
    "tiny": ("abc", {"layout": "running", "length": 2}, "validation text has 0 tokens"),
    "length": ("a\n" * 20, {"length": 1}, "length=1 should be at least 2"),
    "vocabulary": ("a\n" * 20, {"vocabulary_size": 0}, "vocabulary_size=0 should be at least 1"),
    "part": ("a\n" * 20, {"test": "/no/such.txt"}, "Cannot read /no/such.txt"),
}


@pytest.mark.parametrize(("text", "arguments", "message"), ERRORS.values(), ids=ERRORS)
def test_says_what_is_wrong(build, tmp_path, text, arguments, message):
    if text is None:
        with pytest.raises(DataError, match=message):
            text_file.build(None, path=str(tmp_path / "nothing"))
        return
    with pytest.raises(DataError, match=message):
        build(text, **arguments)


def test_a_folder_is_no_text(tmp_path):
    with pytest.raises(DataError, match="Is a directory"):
        text_file.build(None, path=str(tmp_path))


def test_unknown_level_lists_the_known(build):
    with pytest.raises(SpecError, match="'character', 'word'"):
        build("a", level="byte")


def test_coco_captions():
    folder = os.environ.get("ZOO_TEST_DATA")
    if folder is None:
        pytest.skip("ZOO_TEST_DATA is not set")
    captions = pathlib.Path(folder) / "coco_captions"
    dataset = text_file.build(
        None,
        path=str(captions / "image_coco.txt"),
        test=str(captions / "test_coco.txt"),
        level="word",
    )
    assert [len(dataset.split(name)) for name in NAMES] == [9_000, 1_000, 10_000]
    assert np.all(dataset.train.values < dataset.domain.vocabulary.size)
