"""What a discriminator says of examples, whatever kind of data it was trained on."""

import types

import numpy as np
import pytest
import tensorflow as tf

from zoo import domains, metrics, spec
from zoo.batch import Batch
from zoo.data.base.splits import ContiguousText, Dataset, Sequences
from zoo.density_ratio import calibration, estimate
from zoo.errors import SpecError
from zoo.objectives.base.contracts import AdversarialObjective
from zoo.tokenizers.vocabulary import END, UNKNOWN, Vocabulary


@pytest.fixture(scope="module")
def run(tiny_run, tmp_path_factory):
    """A text GAN on one corpus."""
    path = tmp_path_factory.mktemp("corpus") / "text.txt"
    path.write_text("the quick brown fox jumps over the lazy dog. " * 40, encoding="utf-8")
    return tiny_run(
        data=f"text_file(path={str(path)!r}, layout='running', length=12)",
        model='text_gan(generator="lstm(units=4, layers=1)", width=4)',
        objective="generalised_js()",
        sample_every=2,
    )


def test_windows_of_a_corpus_are_scored(run):
    real, samples = estimate.held_out(run, "test", count=10, seed=0)
    assert real.values.shape == samples.values.shape == (10, 12)
    held_out = "".join(map(chr, run.dataset.test.values))
    assert all("".join(map(chr, window)) in held_out for window in real.values)
    ratios = estimate.log_density_ratio(run, real)
    assert ratios.shape == (10,)
    assert np.isfinite(ratios).all()


@pytest.mark.parametrize("member", ["divergence_bound", "calibration"])
def test_measures_of_discriminators_take_a_corpus(run, member):
    found = spec.module("metrics", member).measure(run, split="test", count=30, seed=0)
    assert all(np.isfinite(each.value) for each in found.values())


def test_windows_that_stand_for_independent_examples_do_not_overlap(run):
    values = run.dataset.test.values
    real, _ = estimate.held_out(run, "test", count=len(values) // 12 + 3, seed=0)
    assert len(real.values) == len(values) // 12 == estimate.num_real(run.dataset.test, 10**6)
    expected = values[: len(values) // 12 * 12].reshape(-1, 12)
    assert sorted(map(tuple, real.values)) == sorted(map(tuple, expected))


def test_one_example_has_no_standard_error(run):
    for member in ("divergence_bound", "calibration"):
        found = spec.module("metrics", member).measure(run, split="test", count=1, seed=0)
        assert all(each.standard_error is None for each in found.values())


@pytest.mark.parametrize(("steps", "last"), [(3, 2), (0, 0)])
def test_the_last_update_is_at_the_step_before(steps, last):
    assert estimate.last_update(types.SimpleNamespace(step=steps)) == last


class Hinge(AdversarialObjective):
    """An objective whose logits estimate no density ratio."""

    def discriminator_loss(self, real_logits, generated_logits, step):
        return tf.reduce_mean(tf.nn.relu(1 - real_logits) + tf.nn.relu(1 + generated_logits))

    def generator_loss(self, generated_logits, step):
        return -generated_logits


@pytest.mark.parametrize("member", ["divergence_bound", "calibration"])
def test_logits_that_estimate_no_ratio_are_refused_with_what_would_do(member):
    run = scored_text(stretches(0))
    run.objective = Hinge()
    metric = metrics.find(member)
    assert metric.applies(run)
    with pytest.raises(SpecError, match=r"no density ratio where Hinge .* such as generalised_js"):
        metric.measure(run, split="test", count=5, seed=0)


def test_a_run_without_a_discriminator_is_refused():
    run = scored_text(stretches(0))
    run.objective = spec.build("objectives", "moment_matching")
    assert not metrics.find("calibration").applies(run)
    with pytest.raises(SpecError, match="has no discriminator"):
        estimate.held_out(run, "test", 5, 0)


def scored_text(values):
    """A run whose discriminator takes windows of ten tokens for real by how many are 1."""
    domain = domains.Text(Vocabulary([UNKNOWN, END], "word"), 10, contiguous=True)
    data = ContiguousText(values, 10)
    run = types.SimpleNamespace(
        dataset=Dataset(domain, data, data, data),
        domain=domain,
        examples=lambda count, seed: Batch(np.tile([0, 1], [count, 5]).astype(np.int32)),
        objective=spec.build("objectives", "generalised_js"),
        model=types.SimpleNamespace(
            discriminator=share_of_ones, networks=lambda: {"discriminator": share_of_ones}
        ),
        step=1,
        calibration_temperature=1.0,
    )
    run.unrefined = run
    return run


def share_of_ones(windows, labels=None):
    return 4 * tf.reduce_mean(tf.cast(windows, tf.float32), axis=-1) - 2


def stretches(seed, count=40_000):
    """Tokens of 0 and 1, one of which is four times as frequent over stretches of 100 or so."""
    draws = np.random.default_rng(seed)
    likely = np.cumsum(draws.random(count) < 0.01) % 2
    return np.where(draws.random(count) < 0.2, 1 - likely, likely).astype(np.int32)


@pytest.mark.parametrize(
    ("member", "name"),
    [("divergence_bound", "divergence_bound"), ("calibration", "mean_log_ratio_p")],
)
def test_the_standard_error_of_a_corpus_is_the_spread_over_texts(member, name):
    """Neighbouring windows are alike; the spread of 60 texts is known to a tenth."""
    measure = spec.module("metrics", member).measure
    runs = [scored_text(stretches(seed)) for seed in range(60)]
    found = [measure(each, split="test", count=1000, seed=0)[name] for each in runs]
    spread = np.std([each.value for each in found], ddof=1)
    assert np.mean([each.standard_error for each in found]) == pytest.approx(spread, rel=0.25)


def test_the_seed_decides_which_real_examples_are_scored():
    """Of a corpus, of rows, and of rows with labels."""
    text = scored_text(stretches(0))
    rows = scored_text(stretches(0))
    numbers = np.arange(100, dtype=np.int32)[:, None]
    data = Sequences(np.tile(numbers, 10), labels=numbers[:, 0] % 3)
    labelled = types.SimpleNamespace(**vars(rows))
    labelled.unrefined = labelled
    labelled.domain = types.SimpleNamespace(num_classes=3)
    rows.dataset = labelled.dataset = Dataset(rows.domain, data, data, data)
    for run in (text, rows, labelled):
        first, same, other = (
            estimate.held_out(run, "test", 20, seed)[0].values for seed in (0, 0, 1)
        )
        np.testing.assert_array_equal(first, same)
        assert np.any(first != other)


def test_ratios_are_read_by_pi_of_the_last_update():
    """A logit is log P - log Q with the shift of π: r = logit - log(π / (1 - π))."""
    run = scored_text(stretches(0))
    schedule = "generalised_js(pi=[0.8, 0.2], pi_steps=6, weighting='loss_weights')"
    run.objective, run.step = spec.build("objectives", schedule), 3
    windows = Batch(run.dataset.test.separate_windows(5, 0))
    expected = share_of_ones(*windows).numpy() - np.log(0.6 / 0.4)
    np.testing.assert_allclose(estimate.log_density_ratio(run, windows), expected, rtol=1e-5)
    measure = spec.module("metrics", "divergence_bound").measure
    found = measure(run, split="test", count=50, seed=0)["divergence_bound"].value
    real, generated = estimate.held_out(run, "test", 50, 0)
    losses = [np.logaddexp(0, -share_of_ones(*real)), np.logaddexp(0, share_of_ones(*generated))]
    bound = -0.6 * np.log(0.6) - 0.4 * np.log(0.4) - 0.6 * losses[0].mean() - 0.4 * losses[1].mean()
    assert found == pytest.approx(bound, rel=1e-4)


def test_the_inverse_temperature_tells_of_how_many_it_is():
    """Samples, and of a corpus as many windows as it has apart from each other."""
    run = scored_text(stretches(0, count=505))
    found = spec.module("metrics", "calibration").measure(run, split="test", count=20, seed=0)
    assert found["inverse_temperature"].count == calibration.COUNT + 50
