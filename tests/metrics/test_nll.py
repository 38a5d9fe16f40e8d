"""Negative log-likelihood: closed forms for models whose distribution is known."""

import dataclasses
import math

import numpy as np
import pytest

from zoo import domains
from zoo.data.base.splits import ContiguousText, Images, Sequences, Support
from zoo.errors import SpecError
from zoo.metrics import nll

UNIFORM = "lstm(units=4, layers=1)"


def measure(run, split="test"):
    return nll.measure(run, split=split, count=0, seed=0)


def flatten(run):
    """Makes the model uniform over its tokens."""
    for variable in run.generator.variables:
        variable.assign(variable * 0)
    return run


def test_a_uniform_model_has_the_logarithm_of_the_vocabulary(untrained, letters):
    data = Sequences(np.array([[2, 3, 1, 1], [4, 1, 1, 1]], np.int32))
    measured = measure(flatten(untrained(UNIFORM, letters, data)))
    assert measured["nll"].value == pytest.approx(math.log(5), rel=1e-6)
    assert measured["nll"].count == 3 + 2  # end tokens count, what fills up does not
    assert measured["nll"].standard_error == pytest.approx(0, abs=1e-6)
    assert measured["perplexity"].value == pytest.approx(5, rel=1e-6)
    assert measured["bits_per_character"].value == pytest.approx(math.log2(5), rel=1e-6)
    assert measured["nll"].unit == "nats per character"


def test_it_is_the_ratio_of_all_nats_to_all_tokens(untrained, letters):
    rows = np.random.default_rng(0).integers(1, 5, [600, 4]).astype(np.int32)
    rows[np.cumsum(rows == 1, axis=-1) > 0] = 1
    run = untrained(UNIFORM, letters, Sequences(rows))
    nats = -run.generator.log_prob(rows).numpy()
    lengths = run.generator.token_mask(rows).numpy().sum(axis=-1)
    found = measure(run)
    measured = found["nll"]
    assert measured.value == pytest.approx(nats.sum() / lengths.sum(), rel=1e-5)
    residuals = nats - measured.value * lengths
    expected = residuals.std(ddof=1) * math.sqrt(len(rows)) / lengths.sum()
    assert measured.standard_error == pytest.approx(expected, rel=1e-4)
    for name, factor in (
        ("perplexity", math.exp(measured.value)),
        ("bits_per_character", 1 / math.log(2)),
    ):
        assert found[name].standard_error == pytest.approx(factor * expected, rel=1e-4)


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
    run = untrained(UNIFORM, letters, Support(rows, weights=weights))
    nats = -run.generator.log_prob(rows).numpy()
    measured = measure(run)
    expected = weights @ nats / (weights @ [2, 3])
    assert measured["nll"].value == pytest.approx(expected, rel=1e-6)
    assert all(measurement.standard_error == 0 for measurement in measured.values())


def test_a_corpus_is_scored_as_one_sequence(untrained, letters, monkeypatch):
    """In pieces of 7 with the state carried over, the same as in one."""
    domain = dataclasses.replace(letters, contiguous=True)
    text = np.random.default_rng(1).integers(2, 5, 45).astype(np.int32)
    run = untrained(UNIFORM, domain, ContiguousText(text, 4))
    expected = -run.generator.log_prob(text[None]).numpy()[0] / 45
    monkeypatch.setattr(ContiguousText, "PIECE", 7)
    measured = measure(run)["nll"]
    assert measured.value == pytest.approx(expected, rel=1e-5)
    assert measured.count == 45


def test_q_is_what_the_sampler_makes_of_the_model(untrained, letters):
    """At temperature 1/2 the logits count twice: of texts, and of a corpus."""
    rows = np.array([[2, 3, 1, 1], [4, 3, 2, 1]], np.int32)
    text = np.array([2, 4, 3, 3, 2], np.int32)
    contiguous = dataclasses.replace(letters, contiguous=True)
    runs = {
        (2 + 1 + 4): untrained(UNIFORM, letters, Sequences(rows)),
        len(text): untrained(UNIFORM, contiguous, ContiguousText(text, 4)),
    }
    for size, run in runs.items():
        parts = rows if size == 7 else text[None]
        expected = 0
        for part in parts:
            logits = 2 * run.generator.network(run.generator.shift(part[None])).numpy()[0]
            logits[:, 0] = -np.inf  # the unknown token is not drawn
            logits -= np.log(np.exp(logits).sum(axis=-1, keepdims=True))
            token_mask = run.generator.token_mask(part[None]).numpy()[0]
            expected -= (token_mask * logits[np.arange(len(part)), part]).sum() / size
        untempered = measure(run)["nll"].value
        run.sampler = "temperature(temperature=0.5)"
        assert measure(run)["nll"].value == pytest.approx(expected, rel=1e-5)
        assert abs(expected - untempered) > 1e-3


@pytest.fixture
def independent(untrained, letters):
    """Makes a run whose tokens, unknown, end, a, b and c, have .4, .1, .3, .2 and 0 each."""

    def make(split, contiguous=False):
        run = untrained(UNIFORM, dataclasses.replace(letters, contiguous=contiguous), split)
        run = flatten(run)
        run.generator.network.output_bias.assign(np.log([0.4, 0.1, 0.3, 0.2, 1e-30]))
        return run

    return make


TEXTS = np.array([[2, 2, 2, 2], [2, 3, 2, 2], [2, 1, 1, 1], [3, 0, 1, 1]], np.int32)


@pytest.mark.parametrize(
    ("sampler", "nats", "num_tokens", "never"),
    [
        ("ancestral()", -np.log([0.3**7 * 0.2 * 0.3 * 0.1 * 0.2 * 0.4 * 0.1]).sum(), 13, None),
        ("temperature(temperature=1.0)", -np.log(0.3**8 * 0.2 * 0.1 / 0.6**10), 10, 1),
        ("top_k(k=2)", -np.log(0.6**7 * 0.4), 8, 2),
        ("greedy()", 0, 4, 3),
    ],
)
def test_texts_that_cannot_be_drawn_are_counted_and_not_averaged(
    independent, sampler, nats, num_tokens, never
):
    run = independent(Sequences(TEXTS))
    run.sampler = sampler
    measured = measure(run)
    assert measured["nll"].value == pytest.approx(nats / num_tokens, rel=1e-5, abs=1e-6)
    assert measured["nll"].count == num_tokens
    if never is None:
        assert "never_drawn" not in measured
        assert measured["nll"].unit == "nats per character"
        assert measured["nll"].better == "lower"
    else:
        assert measured["never_drawn"].value == never
        assert measured["never_drawn"].count == 4
        share = never / 4
        expected = 4 * math.sqrt(share * (1 - share) / 3)
        assert measured["never_drawn"].standard_error == pytest.approx(expected)
        words = f"nats per character, without {never} of 4 texts that cannot be drawn"
        assert measured["nll"].unit == words
        assert measured["nll"].better is None


def test_tokens_of_a_corpus_that_cannot_be_drawn_are_counted(independent, monkeypatch):
    monkeypatch.setattr(ContiguousText, "PIECE", 3)
    run = independent(
        ContiguousText(np.array([2, 3, 2, 0, 0, 0, 4, 2], np.int32), 4), contiguous=True
    )
    run.sampler = "top_k(k=2)"
    measured = measure(run)
    assert measured["nll"].value == pytest.approx(-math.log(0.6**3 * 0.4) / 4, rel=1e-5)
    assert (measured["nll"].count, measured["never_drawn"].value) == (4, 4)
    assert measured["never_drawn"].unit == "of 8 tokens"


def test_where_nothing_can_be_drawn_the_reason_is_told(independent):
    for split, contiguous in (
        (Sequences(TEXTS[1:]), False),
        (ContiguousText(TEXTS[3, :2], 2), True),
    ):
        run = independent(split, contiguous)
        run.sampler = "greedy()"
        unit = "2 tokens" if contiguous else "3 texts"
        with pytest.raises(SpecError, match=f"none of {unit} can be drawn; measure it with"):
            measure(run)


def test_what_is_drawn_with_every_sampler_has_no_unknown_token(independent):
    """Where only unknown tokens are in question, nothing is left out of the network's own."""
    run = independent(Sequences(TEXTS))
    own = measure(run)["nll"].value
    run.sampler = "ancestral"
    assert measure(run)["nll"].value == own


def test_one_example_or_piece_has_no_standard_error(untrained, letters):
    bits = Images(np.eye(4, dtype=np.uint8)[None, :, :, None] * 255)
    contiguous = dataclasses.replace(letters, contiguous=True)
    one = [
        untrained(UNIFORM, letters, Sequences(np.array([[2, 3, 1, 1]], np.int32))),
        untrained(UNIFORM, contiguous, ContiguousText(np.arange(1000, dtype=np.int32) % 3 + 2, 4)),
        untrained(UNIFORM, domains.Image((4, 4, 1), binary=True), bits),
    ]
    figures = [{"nll", "perplexity", "bits_per_character"}] * 2 + [{"nll", "bits_per_dim"}]
    for run, names in zip(one, figures, strict=True):
        measured = measure(run)
        assert measured.keys() == names
        assert all(each.standard_error is None for each in measured.values())
    two = untrained(UNIFORM, contiguous, ContiguousText(np.arange(1001, dtype=np.int32) % 3 + 2, 4))
    assert measure(two)["nll"].standard_error > 0


def test_a_perplexity_that_is_too_large_for_a_float_is_left_out(untrained, letters):
    run = untrained(UNIFORM, letters, Sequences(np.array([[2, 1, 1, 1]], np.int32)))
    run.generator.network.output_bias.assign([0.0, 0.0, -3000.0, 0.0, 0.0])
    measured = measure(run)
    assert measured["nll"].value == pytest.approx(1500, rel=1e-2)
    assert measured["nll"].standard_error is None
    assert "perplexity" not in measured


def test_images_are_measured_by_the_image_and_by_the_dimension(untrained):
    images = Images(np.random.default_rng(0).choice([0, 255], [30, 4, 4, 1]).astype(np.uint8))
    run = untrained(UNIFORM, domains.Image((4, 4, 1), binary=True), images)
    nats = -run.generator.log_prob(images.at(np.arange(30))).numpy()
    measured = measure(run)
    assert measured.keys() == {"nll", "bits_per_dim"}
    assert measured["nll"].value == pytest.approx(nats.mean(), rel=1e-5)
    expected = nats.std(ddof=1) / math.sqrt(30)
    assert measured["nll"].standard_error == pytest.approx(expected, rel=1e-3)
    in_bits = expected / math.log(2) / 16
    assert measured["bits_per_dim"].standard_error == pytest.approx(in_bits, rel=1e-3)
    assert measured["nll"].unit == "nats per image"
    assert measured["nll"].count == 30
    flat = measure(flatten(run))
    assert flat["nll"].value == pytest.approx(16 * math.log(2), rel=1e-6)
    assert flat["bits_per_dim"].value == pytest.approx(1, rel=1e-6)


def test_images_are_scored_with_their_labels(untrained):
    domain = domains.Image((4, 4, 1), binary=True, num_classes=3)
    bits = np.random.default_rng(0).choice([0, 255], [12, 4, 4, 1]).astype(np.uint8)
    labels = np.arange(12) % 3
    run = untrained(UNIFORM, domain, Images(bits, labels))
    scored = {
        shift: -run.generator.log_prob(bits / np.float32(255), (labels + shift) % 3).numpy()
        for shift in (0, 1)
    }
    assert measure(run)["nll"].value == pytest.approx(scored[0].mean(), rel=1e-5)
    assert abs(scored[0].mean() - scored[1].mean()) > 1e-4


def test_it_applies_where_there_is_a_likelihood(untrained, letters, digit):
    assert nll.METRIC.applies(untrained(UNIFORM, letters, None))
    assert not nll.METRIC.applies(untrained("dcgan(width=2)", digit, None))
