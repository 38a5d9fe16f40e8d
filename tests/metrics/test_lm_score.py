"""The language-model score where the right answer is known, and its reference language model."""

import dataclasses
import math
import random

import numpy as np
import pytest

from zoo import spec
from zoo.metrics import Comparison, lm_score
from zoo.metrics.base import reference_lm


def measure(comparison):
    return lm_score.compare(comparison)["lm_score"]


def first_of(comparison):
    """The comparison of one text to one."""
    return dataclasses.replace(
        comparison, generated=comparison.generated[:1], real=comparison.real[:1]
    )


@pytest.fixture(scope="module")
def reference(adversaries):
    """The adversaries' reference model, cached instead of trained for each test."""
    first = adversaries["ceiling"]
    return reference_lm.trained(first.training, first.domain, first.seed)


def test_texts_of_a_chain_have_its_cross_entropy(adversaries, chain):
    """Within 0.03 nats, which is what 2,000 texts leave the reference model to learn."""
    comparison = adversaries["ceiling"]
    measured = measure(comparison)
    assert measured.value == pytest.approx(chain(0).nats(comparison.generated), abs=0.03)
    assert (measured.count, measured.better, measured.split) == (400, "lower", "test")
    assert measured.unit == "nats per word (LSTM of 128 units)"


def test_texts_of_another_chain_have_their_cross_entropy_to_it(adversaries, chain):
    """Within 0.2 nats of 2.6: what the chain seldom does is known less well."""
    others = adversaries["ceiling"].of(chain(1).draw(400, 0))
    expected = chain(0).nats(others.generated)
    assert expected > measure(adversaries["ceiling"]).value + 0.5
    assert measure(others).value == pytest.approx(expected, abs=0.2)


def test_pairs_without_an_end_have_half_the_entropy_of_their_table():
    table = np.array([[0.7, 0.1], [0.05, 0.15]])
    data = spec.build("data", f"pairs(joint={table.tolist()})", None)
    training, generated = (data.train.batch(0, 1000, seed).numpy() for seed in (0, 1))
    measured = measure(Comparison(data.domain, generated, generated, training, "test", 0))
    shares = np.bincount(generated @ [2, 1], minlength=4) / len(generated)
    assert measured.value == pytest.approx(-shares @ np.log(table.ravel()) / 2, abs=0.02)


def test_windows_of_a_corpus(chain):
    """Of a, b, c, d, e, a, b and so on: the first letter is anything, the others are certain."""
    domain = dataclasses.replace(chain.domain, length=10, contiguous=True)
    windows = (np.arange(500)[:, None] * 7 + np.arange(10)) % 5 + 2
    measured = measure(Comparison(domain, windows[:100], windows[:100], windows, "test", 0))
    assert measured.value == pytest.approx(math.log(5) / 10, abs=0.02)


def test_it_and_its_error_are_those_of_a_ratio(adversaries, reference):
    comparison = adversaries["ceiling"]
    nats = -reference.model.log_prob(comparison.generated).numpy()
    lengths = reference.model.token_mask(comparison.generated).numpy().sum(axis=-1)
    measured = measure(comparison)
    assert measured.value == pytest.approx(nats.sum() / lengths.sum(), rel=1e-5)
    residuals = nats - measured.value * lengths
    expected = residuals.std(ddof=1) * math.sqrt(len(nats)) / lengths.sum()
    assert measured.standard_error == pytest.approx(expected, rel=1e-3)


def test_one_text_has_no_standard_error(adversaries):
    measured = measure(first_of(adversaries["ceiling"]))
    assert math.isfinite(measured.value)
    assert measured.standard_error is None


def test_unknown_tokens_are_read_but_do_not_count(reference):
    text = np.array([[3, 0, 4, 2, 1, 1, 1, 1, 1, 1, 1, 1]], np.int32)
    logits = reference.model.network(reference.model.shift(text)).numpy()[0].astype(np.float64)
    log_probs = logits - np.log(np.sum(np.exp(logits), axis=-1, keepdims=True))
    expected = -np.mean([log_probs[0, 3], log_probs[2, 4], log_probs[3, 2], log_probs[4, 1]])
    assert reference.score(text)[0] == pytest.approx(expected, rel=1e-5)


def test_one_sentence_repeated_is_as_good_as_texts_and_noise_is_not(adversaries):
    scores = {name: measure(comparison).value for name, comparison in adversaries.items()}
    error = measure(adversaries["ceiling"]).standard_error
    assert scores["repeated"] < scores["ceiling"] + 2 * error
    assert scores["noise"] > scores["ceiling"] + 10 * error
    assert scores["memorised"] < scores["ceiling"] + 3 * error  # known, so no worse than others


def test_texts_and_seed_decide_the_reference_model_and_nothing_else_changes(chain):
    texts = chain(0).draw(60, 5)
    before = random.getstate(), np.random.get_state()[1].tolist()
    first, second, other = (reference_lm.train(texts, chain.domain, seed) for seed in (0, 0, 1))
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before
    for one, same, different in zip(
        *(reference.model.get_weights() for reference in (first, second, other)), strict=True
    ):
        np.testing.assert_array_equal(one, same)
        assert np.any(one != different)


def test_a_reference_model_is_cached_by_its_texts(chain):
    texts = chain(0).draw(20, 6)
    first = reference_lm.trained(texts, chain.domain, 0)
    assert reference_lm.trained(texts.copy(), chain.domain, 0) is first
    texts[0, 0] = 2 + (texts[0, 0] == 2)
    assert reference_lm.trained(texts, chain.domain, 0) is not first
