"""Temperatures: of two Gaussians, whose density ratio is known, and by what defines them."""

import math
import types

import numpy as np
import pytest
import scipy.optimize
import scipy.stats

from zoo import domains, spec
from zoo.data.base.splits import Dataset, Images
from zoo.density_ratio import calibration
from zoo.errors import SpecError
from zoo.runs.run import Run

P, Q = scipy.stats.norm(0.5, 0.8), scipy.stats.norm(0, 1)


def log_ratios(count=80_000):
    """r = log p - log q of draws from P and from Q."""
    points = [each.rvs(count, random_state=seed) for seed, each in enumerate((P, Q))]
    return [P.logpdf(x) - Q.logpdf(x) for x in points]


@pytest.mark.parametrize("factor", [1, 3, 0.2])
def test_a_multiple_of_the_exact_ratio_has_it_as_its_temperature(factor):
    real, generated = log_ratios()
    found = calibration.temperature(factor * real, factor * generated)
    assert found == pytest.approx(factor, rel=0.05)  # five standard errors


def test_the_temperature_has_the_lowest_cross_entropy():
    real, generated = (ratio[:300] for ratio in log_ratios())
    generated = generated[:50]  # they weigh as much as all of the real ones

    def loss(inverse):
        share = 301 / 302, 51 / 52
        of_real = scipy.special.log_expit([inverse * real, -inverse * real])
        of_generated = scipy.special.log_expit([-inverse * generated, inverse * generated])
        both = zip(share, (of_real.mean(axis=1), of_generated.mean(axis=1)), strict=True)
        return -sum(s * right + (1 - s) * wrong for s, (right, wrong) in both)

    lowest = scipy.optimize.minimize_scalar(loss, bounds=(0, 10), method="bounded")
    assert calibration.temperature(real, generated) == pytest.approx(1 / lowest.x, rel=1e-3)


@pytest.mark.parametrize("scale", [1e-8, 1e8])
def test_another_scale_of_ratios_is_another_scale_of_the_temperature(scale):
    real, generated = log_ratios(200)
    expected = scale * calibration.temperature(real, generated)
    found = calibration.temperature(scale * real, scale * generated)
    assert found == pytest.approx(expected, rel=1e-9)


def test_a_few_examples_that_are_all_told_rightly_are_no_certainty():
    """With n of each at ±1 and labels (n+1)/(n+2) the best logit is log(n+1), by hand."""
    found = calibration.temperature(np.ones(7), -np.ones(7))
    assert found == pytest.approx(1 / math.log(8), rel=1e-9)


def test_what_is_no_estimate_at_all_becomes_zero():
    assert calibration.temperature(-np.ones(4), np.ones(4)) == math.inf
    assert calibration.temperature(np.ones(4), np.ones(4)) == math.inf
    assert calibration.temperature(np.zeros(4), np.zeros(4)) == 1


@pytest.mark.parametrize("real", [[], [1.0, np.nan], [np.inf]])
def test_what_cannot_be_fitted_is_refused(real):
    with pytest.raises(SpecError, match="finite ratios of both"):
        calibration.temperature(np.array(real), np.ones(3))


def run_of(num_classes, model="mlp_gan(width=4, latent_size=3, maxout_units=4)"):
    """A run that nothing was trained in, on images of noise with labels or without."""
    domain = domains.Image((4, 4, 1), num_classes=num_classes)
    values = np.random.default_rng(0).integers(0, 256, [30, 4, 4, 1], np.uint8)
    data = Images(values, np.arange(30) % 3)
    run = Run(
        folder=None,
        experiment=types.SimpleNamespace(model=model, data="noise"),
        domain=domain,
        model=spec.build("models", model, domain),
        objective=spec.build("objectives", "generalised_js(pi=0.2, weighting='loss_weights')"),
        step=0,
    )
    vars(run)["dataset"] = Dataset(domain, data, data, data)
    return run


@pytest.mark.parametrize("num_classes", [0, 3])
def test_a_run_s_ratio_is_that_of_its_logits(num_classes):
    run = run_of(num_classes)
    examples = run.examples(270)  # more than one batch
    logits = run.model.discriminator(*examples).numpy()
    ratio = run.log_density_ratio(*examples)
    np.testing.assert_allclose(ratio, logits - math.log(0.2 / 0.8), rtol=1e-5)
    calibrated = run.log_density_ratio(*examples, calibrated=True)
    np.testing.assert_array_equal(calibrated, ratio / run.calibration_temperature)


def test_a_run_s_temperature_is_of_held_out_pairs_and_samples():
    run = run_of(num_classes=3)
    real = run.dataset.validation.labelled_batch(0, 30, 1)
    generated = run.examples(calibration.COUNT, seed=2**31 - 1)
    ratios = [run.log_density_ratio(*examples) for examples in (real, generated)]
    expected = calibration.temperature(*ratios)
    assert run.calibration_temperature == pytest.approx(expected, rel=1e-6)


def test_samples_of_a_run_have_the_labels_that_they_are_drawn_by():
    run = run_of(num_classes=3)
    images, labels = run.examples(6, seed=5)
    np.testing.assert_array_equal(images, run.samples(6, seed=5))
    for label in range(3):
        of_class = run.samples(6, seed=5, label=label)
        np.testing.assert_allclose(images[labels == label], of_class[labels == label], atol=1e-6)
    assert sorted(labels) == [0, 0, 1, 1, 2, 2]


def test_what_cannot_be_scored_or_drawn_is_refused():
    run = run_of(num_classes=3)
    images, labels = run.examples(2)
    with pytest.raises(SpecError, match="reads examples with their labels"):
        run.log_density_ratio(images)
    with pytest.raises(SpecError, match="reads examples, as the data gives them"):
        run_of(num_classes=0).log_density_ratio(images, labels)
    with pytest.raises(SpecError, match=r"label=3: .* has the classes 0 to 2"):
        run.samples(1, label=3)
    with pytest.raises(SpecError, match=r"label=0: .* is of no classes"):
        run_of(num_classes=0).samples(1, label=0)


def test_ratios_that_are_tiny_have_a_temperature_above_zero():
    found = calibration.temperature(np.full(7, 1e-310), np.full(7, -1e-310))
    assert found > 0
    assert math.isfinite(1 / found)
