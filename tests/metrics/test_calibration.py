"""The calibration of discriminators of two Gaussians, whose density ratio is known."""

import math
import types

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import tensorflow as tf

from zoo import domains, spec
from zoo.batch import Batch
from zoo.data.base.splits import Dataset, Points
from zoo.density_ratio.calibration import fitted
from zoo.metrics import calibration

P, Q = scipy.stats.norm(0.5, 0.8), scipy.stats.norm(0, 1)
COUNT = 4000
KL_P_Q = math.log(1 / 0.8) + (0.8**2 + 0.5**2) / 2 - 0.5
KL_Q_P = math.log(0.8) + (1 + 0.5**2) / (2 * 0.8**2) - 0.5


def log_ratio(points):
    """r = log p - log q."""
    return 0.5 * points**2 - 0.5 * ((points - 0.5) / 0.8) ** 2 - math.log(0.8)


def run_of(discriminator, objective="generalised_js"):
    real = P.rvs([2 * COUNT, 1], random_state=1).astype(np.float32)
    data, domain = Points(real), domains.Points(1)
    run = types.SimpleNamespace(
        dataset=Dataset(domain, data, data, data),
        domain=domain,
        examples=lambda count, seed: Batch(Q.rvs([count, 1], random_state=seed).astype(np.float32)),
        objective=spec.build("objectives", objective),
        model=types.SimpleNamespace(discriminator=lambda points, labels: discriminator(points)),
        step=10,
    )
    run.unrefined = run
    run.calibration_temperature = fitted(run) if discriminator else None
    return run


def measure(discriminator, **options):
    return calibration.measure(run_of(discriminator, **options), split="test", count=COUNT, seed=2)


def within(measurement, expected, errors):
    return abs(measurement.value - expected) <= errors * measurement.standard_error


@pytest.mark.parametrize("weighting", ["logit_shift", "loss_weights"])
def test_the_exact_ratio_passes(weighting):
    shift = 0 if weighting == "logit_shift" else math.log(0.1 / 0.9)
    measured = measure(
        lambda points: log_ratio(points[:, 0]) + shift,
        objective=f"generalised_js(pi=0.1, weighting='{weighting}')",
    )
    assert within(measured["mean_exp_log_ratio"], 1, errors=3)
    assert within(measured["mean_log_ratio_p"], KL_P_Q, errors=3)
    assert within(measured["mean_log_ratio_q"], -KL_Q_P, errors=3)
    error = measured["calibration_error"]
    # The spread of the error over redrawn labels is about a third of its mean.
    assert error.value == pytest.approx(error.ceiling, rel=1)
    assert error.count == 2 * COUNT


def test_twice_the_ratio_is_exposed():
    measured = measure(lambda points: 2 * log_ratio(points[:, 0]))
    squared, _ = scipy.integrate.quad(lambda x: P.pdf(x) ** 2 / Q.pdf(x), -8, 8)
    assert within(measured["mean_exp_log_ratio"], squared, errors=3)
    assert not within(measured["mean_exp_log_ratio"], 1, errors=10)
    assert measured["calibration_error"].value > 5 * measured["calibration_error"].ceiling
    # Divided by the temperature it passes; 2,000 examples of each know that to 5 %.
    assert measured["inverse_temperature"].value == pytest.approx(0.5, rel=0.15)
    assert measured["inverse_temperature"].split == "validation"
    assert within(measured["mean_exp_log_ratio_calibrated"], 1, errors=4)
    assert measured["mean_log_ratio_p_calibrated"].value == pytest.approx(KL_P_Q, rel=0.2)
    calibrated = measured["calibration_error_calibrated"]
    assert calibrated.value < 2 * calibrated.ceiling


def test_a_discriminator_that_knows_nothing_is_calibrated():
    """It is right to say one half of everything; the bound, not the calibration, exposes it."""
    measured = measure(lambda points: tf.zeros(tf.shape(points)[0]))
    assert measured["mean_exp_log_ratio"].value == 1
    assert measured["mean_log_ratio_p"].value == 0
    assert measured["calibration_error"].value == pytest.approx(0, abs=1e-12)


def test_standard_errors_are_the_spread_of_repetitions():
    run = run_of(lambda points: log_ratio(points[:, 0]))
    found = [
        calibration.measure(run, split="test", count=400, seed=seed)["mean_log_ratio_q"]
        for seed in range(30)
    ]
    spread = np.std([m.value for m in found])
    # The spread of 30 values is known to 1 / √60, 13 %: three of those.
    assert np.mean([m.standard_error for m in found]) == pytest.approx(spread, rel=0.39)


def test_a_ratio_beyond_all_numbers_is_told_as_infinite():
    measured = measure(lambda points: 1000 + 0 * points[:, 0])
    assert measured["mean_exp_log_ratio"].value == math.inf
    assert measured["mean_exp_log_ratio"].standard_error is None
    assert measured["mean_log_ratio_q"].value == 1000


def test_the_reliability_curve_of_a_hand_worked_case():
    odds = math.log(3)  # probability 3/4
    found = calibration.reliability(np.array([odds, -odds]), np.array([-odds] * 4), bins=2)
    np.testing.assert_allclose(found.predicted, [1 / 4, 3 / 4])
    np.testing.assert_allclose(found.weight, [3 / 4, 1 / 4])
    np.testing.assert_allclose(found.observed, [1 / 3, 1])
    assert found.error == pytest.approx(3 / 4 / 12 + 1 / 4 / 4)


def test_the_curves_of_a_run_are_near_the_diagonal_where_the_ratio_is_right():
    run = run_of(lambda points: 3 * log_ratio(points[:, 0]))
    as_it_is, calibrated = calibration.curves(run, split="test", count=COUNT, seed=2).values()
    assert calibrated.weight.sum() == pytest.approx(1)
    deviation = np.sqrt(
        calibrated.predicted * (1 - calibrated.predicted) / (calibrated.weight * 2 * COUNT)
    )
    # Beside the four deviations what the temperature is off by.
    off = np.abs(calibrated.observed - calibrated.predicted)
    assert (off < 4 * deviation + 0.02).all()
    assert as_it_is.error > 5 * calibrated.error


def test_it_applies_where_there_is_a_discriminator():
    assert calibration.METRIC.applies(run_of(None))
    assert not calibration.METRIC.applies(run_of(None, objective="moment_matching"))
