"""What the measures of texts, as a whole, tell about generators that are bad in a known way."""

import collections

import numpy as np
import pytest

from zoo import spec
from zoo.metrics import Comparison

MEMBERS = ("bleu", "self_bleu", "ngram_tv", "distinct", "repetition", "length_tv", "novelty")
COUNT = 400
WORDS = 100
TRAINING, REAL, OTHER, FRESH = range(4)  # seeds


def compare(comparison):
    measured = {}
    for member in MEMBERS:
        measured |= spec.module("metrics", member).compare(comparison)
    return measured


def language(seed):
    """Texts of a Markov chain: each word has five that follow, the first ones more often."""
    chain = np.random.default_rng(0).integers(2, WORDS + 2, [WORDS + 2, 5])
    draw = np.random.default_rng([seed, 1])
    texts = []
    for _ in range(COUNT):
        text = [2]
        for _ in range(draw.binomial(12, 0.6)):
            text.append(chain[text[-1], draw.choice(5, p=[0.6, 0.2, 0.1, 0.05, 0.05])])
        texts.append(tuple(text))
    return texts


def noise(_):
    draw = np.random.default_rng(9)
    return [tuple(draw.integers(2, WORDS + 2, draw.integers(1, 13))) for _ in range(COUNT)]


GENERATORS = {
    "fresh": lambda training: language(FRESH),
    "collapsed": lambda training: [collections.Counter(training).most_common(1)[0][0]] * COUNT,
    "memorised": lambda training: training,
    "noise": noise,
    # Every text goes on with its last two words over and over.
    "looping": lambda training: [(*text[: len(text) // 2], *text[-2:] * 4)[:13]
                                 for text in language(FRESH)],
}  # fmt: skip


@pytest.fixture(scope="module")
def outliers(compare_texts):
    """The names of the measures that are off their ceiling, above and below, by generator."""
    training, real = language(TRAINING), language(REAL)
    ceiling = compare(compare_texts(language(OTHER), real, training))

    def of(generator):
        measured = compare(compare_texts(generator(training), real, training))
        off = {"above": set(), "below": set()}
        for name, found in measured.items():
            error = np.hypot(found.standard_error, ceiling[name].standard_error)
            if abs(found.value - ceiling[name].value) > 5 * error:
                off["above" if found.value > ceiling[name].value else "below"].add(name)
        return off

    return {name: of(generator) for name, generator in GENERATORS.items()}


def orders(name, *numbers):
    return {f"{name}_{n}" for n in numbers}


def test_real_texts_are_at_the_ceiling(outliers):
    assert outliers["fresh"] == {"above": set(), "below": set()}


def test_one_text_repeated_is_exposed_by_diversity_and_not_by_bleu(outliers):
    above, below = outliers["collapsed"]["above"], outliers["collapsed"]["below"]
    assert orders("self_bleu", 2, 3, 4, 5) | orders("ngram_tv", 1, 2, 3, 4) <= above
    assert orders("distinct", 1, 2, 3, 4) | {"novelty"} <= below
    assert "length_tv" in above
    assert not orders("bleu", 2, 3, 4, 5) & below


def test_training_texts_returned_are_exposed_by_novelty_alone(outliers):
    assert outliers["memorised"] == {"above": set(), "below": {"novelty"}}


def test_noise_is_exposed_by_all_but_novelty_and_repetition(outliers):
    above, below = outliers["noise"]["above"], outliers["noise"]["below"]
    assert orders("bleu", 2, 3, 4, 5) | orders("self_bleu", 2, 3, 4, 5) <= below
    assert orders("ngram_tv", 1, 2, 3, 4) | orders("distinct", 2, 3, 4) | {"length_tv"} <= above
    assert "novelty" not in below


def test_texts_that_loop_are_exposed_by_repetition(outliers):
    assert "repetition" in outliers["looping"]["above"]
    assert not {name for name, off in outliers.items() if name != "looping"
                and "repetition" in off["above"]}  # fmt: skip


def test_pairs_and_empty_texts_are_measured(compare_texts):
    """Two tokens without an end token; and samples that end before they begin."""
    data = spec.build("data", "pairs(joint=[[0.4, 0.1], [0.2, 0.3]])", None)
    rows = data.train.batch(0, 50, 0).numpy()
    pairs = Comparison(data.domain, rows, rows, rows, "test", 0)
    empty = compare_texts([()] * 3, [(2, 3), (3,), ()])
    both = compare_texts([()] * 3, [()] * 3)
    for comparison in (pairs, empty, both):
        for name, found in compare(comparison).items():
            assert np.isfinite(found.value), name
            assert np.isfinite(found.standard_error), name
