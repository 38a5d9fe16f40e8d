"""Domains describe their examples, and refuse what has no meaning."""

import pytest

from zoo.domains import Image, Points, Text
from zoo.tokenizers.vocabulary import END, UNKNOWN, Vocabulary

LETTERS = Vocabulary([UNKNOWN, END, "a", "b"], "character")


@pytest.mark.parametrize(
    ("domain", "words", "unit"),
    [
        (Text(LETTERS, 5, False), "texts of up to 5 tokens, 4 in the", "nats per character"),
        (Text(LETTERS, 5, True), "windows of contiguous text of up to", "nats per character"),
        (Image((4, 5, 1)), "grey images of 4×5×1 with values 0 to 1", "nats per image"),
        (Image((4, 5, 3), binary=True), "colour images of 4×5×3 with values 0 or 1", "per image"),
        (Image((4, 5, 1), num_classes=3), "of 3 classes", "nats per image"),
        (Points(2), "points of 2 coordinates", "nats per point"),
    ],
)
def test_a_domain_says_what_it_is_and_its_likelihood_s_unit(domain, words, unit):
    assert words in str(domain)
    assert unit in domain.unit


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 2), (4, 4, 4), (2, 4, 4, 1)])
def test_images_have_one_channel_or_three(shape):
    with pytest.raises(ValueError, match=r"1 channel \(grey\) or 3 channels"):
        Image(shape)
