import doctest

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.tokenizers.base import tokenizer
from zoo.tokenizers.vocabulary import (
    ABSENT,
    END,
    UNKNOWN,
    Vocabulary,
    before_end,
    pad,
    split,
    up_to_end,
)

anything = st.text(st.characters(codec="utf-8"))
several = st.lists(anything, min_size=1, max_size=4)
some = settings(max_examples=60, deadline=None)


def strings(tensor):
    return [text.decode() for text in tensor.numpy()]


def there_and_back(vocabulary, texts):
    rows = vocabulary.encode(texts)
    length = int(np.max(rows.row_lengths())) + 1
    return strings(vocabulary.decode(pad(rows, length, vocabulary.end)))


@some
@given(several)
def test_characters_round_trip(texts):
    assert there_and_back(Vocabulary.of(texts, "character"), texts) == texts


@some
@given(several)
def test_words_are_words_again(texts):
    once = there_and_back(Vocabulary.of(texts, "word"), texts)
    assert there_and_back(Vocabulary.of(once, "word"), once) == once
    assert not any("\ufffd" in text for text in once) or any("\ufffd" in text for text in texts)


@some
@given(anything)
def test_words_lose_nothing_but_case_and_spaces(text):
    words = [word.decode() for word in split([text], "word").flat_values.numpy()]
    # Lowered again, since Python knows letters of a newer Unicode than TensorFlow's ICU; and a
    # final sigma is told by another context.
    lower = ["".join(each).lower().replace("ς", "σ") for each in (text, words)]
    kept = [token for token in lower[0] if not token.isspace() and token.isprintable()]
    assert [token for token in lower[1] if token.isprintable()] == kept


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't stop.", ["don't", "stop", "."]),
        ("a,b", ["a", ",", "b"]),
        ("naïve cafe\u0301", ["naïve", "cafe\u0301"]),
        ("1,5 %", ["1", ",", "5", "%"]),
        ("a\u00a0b\u2028c\x85d\x00e\tf", ["a", "b", "c", "d", "e", "f"]),
        ("ÉCOLE Straße", ["école", "straße"]),
        ("日本。", ["日本", "。"]),
        ("<end>", ["<", "end", ">"]),
        ("", []),
    ],
)
def test_words(text, words):
    assert [word.decode() for word in split([text], "word").flat_values.numpy()] == words


def test_ids_follow_frequency_and_then_code_points():
    vocabulary = Vocabulary.of(["bbca", "éa"], "character")
    assert vocabulary.tokens == ("<unknown>", "<end>", "a", "b", "c", "é")
    assert vocabulary.size == vocabulary.start == 6
    assert vocabulary.encode(["abcé", ""]).to_list() == [[2, 3, 4, 5], []]


def test_the_most_frequent_are_kept_and_the_others_unknown():
    vocabulary = Vocabulary.of(["aaabbc"], "character", most=2)
    assert vocabulary.tokens[2:] == ("a", "b")
    assert vocabulary.encode(["abcz"]).to_list() == [[2, 3, 0, 0]]
    assert strings(vocabulary.decode(tf.constant([[2, 0, 3]]))) == ["a\ufffdb"]


def test_counts_run_over_all_parts_of_a_long_list():
    vocabulary = Vocabulary.of(["a"] * 10_000 + ["b"] * 10_001 + ["c"], "character")
    assert vocabulary.tokens[2:] == ("b", "a", "c")


def test_decoding_stops_at_the_first_end():
    vocabulary = Vocabulary.of(["ab"], "character")
    tokens = tf.constant([[2, 1, 3], [1, 2, 3], [2, 3, 2]])
    assert strings(vocabulary.decode(tokens)) == ["a", "", "aba"]


def test_words_that_look_like_special_tokens_are_not():
    texts = ["<unknown> <end> <start>"]
    vocabulary = Vocabulary.of(texts, "word")
    assert vocabulary.unknown not in vocabulary.encode(texts).flat_values.numpy()
    assert vocabulary.end not in vocabulary.encode(texts).flat_values.numpy()


@some
@given(several, st.sampled_from(["character", "word"]))
def test_a_saved_vocabulary_is_the_same(tmp_path_factory, texts, level):
    path = tmp_path_factory.mktemp("saved") / "vocabulary.txt"
    vocabulary = Vocabulary.of(texts, level)
    vocabulary.save(path)
    loaded = Vocabulary.load(path, level)
    assert loaded.tokens == vocabulary.tokens
    assert loaded.encode(texts).to_list() == vocabulary.encode(texts).to_list()


def test_a_saved_vocabulary_has_one_line_per_token(tmp_path):
    path = tmp_path / "vocabulary.txt"
    awkward = "\n\r\u2028\x85\"'\\ \t\0é"
    vocabulary = Vocabulary.of([awkward], "character")
    vocabulary.save(path)
    lines = path.read_bytes().decode().split("\n")
    assert lines[:2] == ['"<unknown>"', '"<end>"']
    assert lines[-2:] == ['"<start>"', ""]
    assert len(lines) == vocabulary.size + 1 + 1  # the start token, and nothing after the last \n
    assert '"\\n"' in lines
    assert Vocabulary.load(path, "character").tokens == vocabulary.tokens


@pytest.mark.parametrize("tokens", [[UNKNOWN, "a"], [END, UNKNOWN, "a"], ["a", END]])
def test_unknown_and_end_come_first_and_together_or_not_at_all(tokens):
    with pytest.raises(ValueError, match="must begin with '<unknown>', '<end>' or hold neither"):
        Vocabulary(tokens, "character")


def test_a_vocabulary_may_do_without_unknown_and_end(tmp_path):
    vocabulary = Vocabulary(["x", "y", "z"], "character")
    assert vocabulary.size == vocabulary.start == 3
    assert vocabulary.unknown == vocabulary.end == ABSENT
    assert vocabulary.ordinary == ("x", "y", "z")
    assert vocabulary.encode(["zyx", "x?"]).to_list() == [[2, 1, 0], [0, ABSENT]]
    tokens = tf.constant([[0, 1, 2, 0], [1, 1, ABSENT, 2]])
    assert strings(vocabulary.decode(tokens)) == ["xyzx", "yy"]
    assert up_to_end(tokens[:1], vocabulary.end).numpy().all()
    vocabulary.save(tmp_path / "vocabulary.txt")
    loaded = Vocabulary.load(tmp_path / "vocabulary.txt", "character")
    assert loaded.tokens == vocabulary.tokens
    assert loaded.end == ABSENT


def test_encodes_alike_within_a_graph():
    vocabulary = Vocabulary.of(["hello"], "character")
    encode = tf.function(lambda texts: vocabulary.encode(texts).to_tensor(-1))
    texts = tf.constant(["hello", "he?"])
    np.testing.assert_array_equal(encode(texts), vocabulary.encode(texts).to_tensor(-1))


def test_pad_closes_and_cuts():
    rows = tf.ragged.constant([[5, 6], [], [7, 8, 9, 7]], dtype=tf.int32)
    assert pad(rows, 3, end=1).tolist() == [[5, 6, 1], [1, 1, 1], [7, 8, 9]]
    assert pad(rows, 3, end=1).dtype == np.int32


def test_masks_around_the_end():
    tokens = np.array([[4, 1, 4, 1], [4, 4, 4, 4], [1, 1, 4, 4]])
    expected = [[1, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0]]
    np.testing.assert_array_equal(before_end(tokens, 1), np.array(expected, bool))
    expected = [[1, 1, 0, 0], [1, 1, 1, 1], [1, 0, 0, 0]]
    np.testing.assert_array_equal(up_to_end(tokens, 1), np.array(expected, bool))


def test_the_contract_s_example_holds():
    assert doctest.testmod(tokenizer) == (0, 4)


def test_a_tokenizer_that_leaves_a_part_of_the_contract_out_is_not_one():
    class Halves(tokenizer.Tokenizer):
        """Splits nothing."""

    with pytest.raises(TypeError, match=r"abstract methods? .*decode.*encode.*size.*unit"):
        Halves()
