"""Nats by which refined sampling lowers KL[P‖Q], on held-out data."""

import math

import numpy as np

from zoo.density_ratio import estimate
from zoo.density_ratio.trained import Trained
from zoo.metrics import Measurement, RunMetric
from zoo.metrics.base import standard_errors


def measure(run: Trained, *, split: str, count: int, seed: int) -> dict[str, Measurement]:
    """Computes KL[P‖Q] - KL[P‖Q_r] for the samples Q_r that the sampler `refine` tends to.

        Q_r(x) = Q(x) e^{r(x)} / E_Q[e^r],   KL[P‖Q] - KL[P‖Q_r] = E_P[r] - log E_Q[e^r]

    The identity holds for any function r, so a positive gain is one however r was found; with the
    exact log density ratio the gain is all of KL[P‖Q]. Here r is the discriminator's estimate,
    divided by the calibration temperature as `refine` does. The gain is that of unlimited
    candidates: refine(candidates=K) comes near it if K is large beside 1 / `refinement_ess`.

    A discriminator that has memorised its training data has a gain below 0 here. Where a few
    samples decide E_Q[e^r], which a small effective sample size shows, the gain is too optimistic
    and its standard error too small.

    Args:
        run: a trained run.
        split: the name of the split.
        count: number of samples, and the largest number of real examples.
        seed: for the samples, and for the choice of real examples.

    Returns:
        `refinement_gain` in nats per example. Its standard error is over examples and samples, for
        a corpus over pieces of 1,000 tokens as that of `nll`.
        `refinement_ess`, the effective share of samples, (Σ w)² / (n Σ w²) with w = e^r: 1 if r
        is constant, 1/n if one sample has all the weight.
        `refinement_acceptance`, the share of samples that exact rejection accepts, mean w / max w;
        the maximum grows with the number of samples.

    Raises:
        SpecError: the objective's logits estimate no density ratio.

    Source: M. Donsker and S. Varadhan (1983).
    """
    scale = 1 / run.calibration_temperature
    examples = estimate.held_out(run, split, count, seed)
    real, generated = (scale * estimate.log_density_ratio(run, each) for each in examples)
    pieces = estimate.pieces(run, split, count, seed)
    figures = gain(real, generated, pieces), *shares(generated)
    names = "refinement_gain", "refinement_ess", "refinement_acceptance"
    units = "nats", "of samples", "of samples"
    return {
        name: Measurement(value, unit, error, min(len(real), len(generated)), split, "higher")
        for name, unit, (value, error) in zip(names, units, figures, strict=True)
    }


METRIC = RunMetric(estimate.given_by, measure)


def gain(real: np.ndarray, generated: np.ndarray, pieces: np.ndarray) -> tuple[float, float | None]:
    """Estimates E_P[r] - log E_Q[e^r] with its standard error, in nats.

    Args:
        real: r of data, float64 [n].
        generated: r of samples, float64 [m].
        pieces: numbers by which the data are independent of each other, [n].
    """
    weights = np.exp(generated - generated.max())
    value = float(np.mean(real) - generated.max() - np.log(np.mean(weights)))
    errors = [
        standard_errors.of_mean_in_pieces(real, pieces),
        standard_errors.of_mean(weights / np.mean(weights)),
    ]
    return value, None if None in errors else math.hypot(*errors)


def shares(generated: np.ndarray) -> list[tuple[float, None]]:
    """The effective share of samples and the share that exact rejection accepts; no errors.

    Args:
        generated: r of samples, float64 [m].
    """
    weights = np.exp(generated - generated.max())
    mean = float(np.mean(weights))
    return [(mean**2 / float(np.mean(weights**2)), None), (mean, None)]
