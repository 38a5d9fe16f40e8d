"""The reverse language-model score where the right answer is known."""

import dataclasses
import math

import pytest

from zoo.metrics import reverse_lm_score
from zoo.metrics.base import reference_lm


def measure(comparison):
    return reverse_lm_score.compare(comparison)["reverse_lm_score"]


def first_of(comparison):
    """The comparison of one text to one."""
    return dataclasses.replace(
        comparison, generated=comparison.generated[:1], real=comparison.real[:1]
    )


@pytest.fixture(scope="module")
def measured(adversaries):
    return {name: measure(comparison) for name, comparison in adversaries.items()}


def test_texts_have_their_cross_entropy_to_the_chain_of_the_samples(adversaries, chain):
    """Within 0.25 nats of 2.6, which is what 400 samples leave the reference model to learn."""
    comparison = adversaries["ceiling"].of(chain(1).draw(400, 0))
    expected = chain(1).nats(comparison.real)
    assert expected > chain(0).nats(comparison.real) + 0.5
    assert measure(comparison).value == pytest.approx(expected, abs=0.25)


def test_samples_of_the_chain_itself_come_near_its_entropy(measured, adversaries, chain):
    expected = chain(0).nats(adversaries["ceiling"].real)
    assert expected - 0.03 < measured["ceiling"].value < expected + 0.1
    found = measured["ceiling"]
    assert (found.count, found.better, found.split) == (400, "lower", "test")
    assert found.unit == "nats per word (LSTM of 128 units)"
    assert 0 < found.standard_error < 0.05


def test_one_text_has_no_standard_error(adversaries):
    measured = measure(first_of(adversaries["ceiling"]))
    assert math.isfinite(measured.value)
    assert measured.standard_error is None


def test_one_sentence_repeated_and_noise_are_exposed(measured):
    ceiling = measured["ceiling"]
    assert measured["repeated"].value > ceiling.value + 1
    assert measured["noise"].value > ceiling.value + 5 * ceiling.standard_error


def test_training_texts_returned_are_as_good_as_new_ones(measured):
    """What a copy cannot be told by here: `novelty` and `data_copying` tell it."""
    assert measured["memorised"].value == pytest.approx(measured["ceiling"].value, abs=0.05)


def test_more_samples_teach_more(measured, adversaries):
    comparison = adversaries["ceiling"]
    few = reference_lm.train(comparison.generated[:40], comparison.domain, comparison.seed)
    assert few.score(comparison.real)[0] > measured["ceiling"].value + 0.1


def test_the_same_comparison_has_the_same_value(adversaries):
    noise = adversaries["noise"]
    few = dataclasses.replace(noise, generated=noise.generated[:50], real=noise.real[:50])
    assert measure(few) == measure(few)
    assert measure(few) != measure(dataclasses.replace(few, seed=1))
