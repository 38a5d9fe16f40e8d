"""Negative log-likelihood: closed forms for models whose distribution is known."""

import dataclasses
import math

import numpy as np
import pytest

from zoo.data._splits import Domain, RunningText, Sequences
from zoo.metrics import nll

UNIFORM = "lstm(units=4, layers=1)"


def measure(run, split="test"):
    return nll.measure(run, split=split, count=0, seed=0)


def flatten(run):
    """Makes the model uniform over its symbols."""
    for variable in run.generator.variables:
        variable.assign(variable * 0)
    return run


def test_a_uniform_model_has_the_logarithm_of_the_vocabulary(untrained, letters):
    data = Sequences(np.array([[2, 3, 1, 1], [4, 1, 1, 1]], np.int32))
    measured = measure(flatten(untrained(UNIFORM, letters, data)))
    assert measured["nll"].value == pytest.approx(math.log(5), rel=1e-6)
    assert measured["nll"].count == 3 + 2  # end symbols count, what fills up does not
    assert measured["nll"].standard_error == pytest.approx(0, abs=1e-6)
    assert measured["perplexity"].value == pytest.approx(5, rel=1e-6)
    assert measured["bits_per_character"].value == pytest.approx(math.log2(5), rel=1e-6)
    assert measured["nll"].unit == "nats per character"


def test_it_is_the_ratio_of_all_nats_to_all_symbols(untrained, letters):
    rows = np.random.default_rng(0).integers(1, 5, [600, 4]).astype(np.int32)
    rows[np.cumsum(rows == 1, axis=-1) > 0] = 1
    run = untrained(UNIFORM, letters, Sequences(rows))
    nats = -run.generator.log_prob(rows).numpy()
    lengths = run.generator.weights_of(rows).numpy().sum(axis=-1)
    measured = measure(run)["nll"]
    assert measured.value == pytest.approx(nats.sum() / lengths.sum(), rel=1e-5)
    residuals = nats - measured.value * lengths
    expected = residuals.std() * math.sqrt(len(rows)) / lengths.sum()
    assert measured.standard_error == pytest.approx(expected, rel=0.01)


def test_weights_weigh(untrained, letters):
    rows = np.array([[2, 1, 1, 1], [3, 4, 1, 1]], np.int32)
    once = measure(untrained(UNIFORM, letters, Sequences(rows[:1])))["nll"].value
    run = untrained(UNIFORM, letters, Sequences(rows, weights=np.array([1.0, 0.0])))
    for variable, other in zip(
        run.generator.variables, untrained(UNIFORM, letters, Sequences(rows)).generator.variables,
        strict=True,
    ):  # fmt: skip
        assert variable.shape == other.shape
    alone = untrained(UNIFORM, letters, Sequences(rows[:1]))
    alone.generator.set_weights(run.generator.get_weights())
    assert measure(run)["nll"].value == pytest.approx(measure(alone)["nll"].value, rel=1e-5)
    assert once > 0


def test_what_is_no_sample_is_measured_without_error(untrained, letters):
    rows, weights = np.array([[2, 1, 1, 1], [3, 4, 1, 1]], np.int32), np.array([0.25, 0.75])
    run = untrained(UNIFORM, letters, Domain(rows, weights=weights))
    nats = -run.generator.log_prob(rows).numpy()
    measured = measure(run)
    expected = weights @ nats / (weights @ [2, 3])
    assert measured["nll"].value == pytest.approx(expected, rel=1e-6)
    assert all(measurement.standard_error == 0 for measurement in measured.values())


def test_running_text_is_scored_as_one_sequence(untrained, letters, monkeypatch):
    """In pieces of 7 with the state carried over, the same as in one."""
    example = dataclasses.replace(letters, running=True)
    text = np.random.default_rng(1).integers(2, 5, 45).astype(np.int32)
    run = untrained(UNIFORM, example, RunningText(text, 4))
    expected = -run.generator.log_prob(text[None]).numpy()[0] / 45
    monkeypatch.setattr(nll, "_CHUNK", 7)
    measured = measure(run)["nll"]
    assert measured.value == pytest.approx(expected, rel=1e-5)
    assert measured.count == 45


def test_it_applies_where_there_is_a_likelihood(untrained, letters, digit):
    assert nll.applies(untrained(UNIFORM, letters, None))
    assert not nll.applies(untrained("dcgan(width=2)", digit, None))
