import numpy as np
import pytest

from zoo import spec
from zoo.errors import DataError


def text(split, vocabulary):
    return vocabulary.decode(split.values[None])[0].numpy().decode()


def test_parts_are_the_texts_and_tokens_are_those_of_training(shakespeare_dir):
    dataset = spec.build("data", "tiny_shakespeare(length=7)", str(shakespeare_dir))
    vocabulary = dataset.domain.vocabulary
    assert vocabulary.level == "character"
    assert set(vocabulary.tokens[2:]) == set("To be, or not\nto be: ")
    assert text(dataset.train, vocabulary) == "To be, or not\nto be: " * 20
    assert text(dataset.validation, vocabulary) == "be to " * 30
    assert text(dataset.test, vocabulary) == "\ufffd\ufffd " * 60  # training has neither Q nor ?
    assert dataset.domain.length == dataset.train.length == 7
    assert dataset.domain.contiguous
    assert dataset.train.batch(0, 3, 0).shape == (3, 7)


def test_default_length_is_100(shakespeare_dir):
    assert spec.build("data", "tiny_shakespeare", str(shakespeare_dir)).domain.length == 100


@pytest.mark.parametrize("length", [1, 0, -3])
def test_refuses_a_length_that_predicts_nothing(shakespeare_dir, length):
    with pytest.raises(DataError, match=f"length={length} should be at least 2"):
        spec.build("data", f"tiny_shakespeare(length={length})", str(shakespeare_dir))


def test_refuses_a_window_longer_than_a_part(shakespeare_dir):
    with pytest.raises(DataError, match=r"validation text has 180 tokens.*length=181"):
        spec.build("data", "tiny_shakespeare(length=181)", str(shakespeare_dir))


def test_real_text(real_tfds):
    data_dir = real_tfds("tiny_shakespeare", "1.0.0")
    dataset = spec.build("data", "tiny_shakespeare", data_dir)
    sizes = [len(dataset.split(name)) for name in ("train", "validation", "test")]
    assert sizes == [1_003_854, 55_770, 55_770]
    assert dataset.domain.vocabulary.size == 65 + 2
    assert text(dataset.train, dataset.domain.vocabulary).startswith("First Citizen:\nBefore we")
    assert np.count_nonzero(dataset.train.values == dataset.domain.vocabulary.unknown) == 0
