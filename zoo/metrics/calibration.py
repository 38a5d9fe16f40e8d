"""Calibration of the discriminator's log density ratio on held-out data."""

import dataclasses
import math

import numpy as np

from zoo.density_ratio import calibration, estimate
from zoo.density_ratio.trained import Trained
from zoo.metrics import Measurement, RunMetric
from zoo.metrics.base import standard_errors

_REDRAWS = 100


def measure(run: Trained, *, split: str, count: int, seed: int) -> dict[str, Measurement]:
    """Checks the estimate of r = log P - log Q against identities of the true ratio.

        E_Q[exp r] = 1,   E_P[r] = KL[P‖Q] ≥ 0,   E_Q[r] = -KL[Q‖P] ≤ 0

    A discriminator that memorised its training examples, or was trained with label smoothing, a
    hinge loss or strong regularisation, violates them, and divergences computed from its output are
    then invalid. Q is the generator as it is sampled: with EMA weights if the run kept them,
    although the discriminator was trained against the raw weights.

    The same values are reported for the calibrated ratio r/T. The calibration temperature T is
    fitted on the validation split and divides all ratios, as in
    `Run.log_density_ratio(calibrated=True)` and in exports with `--calibrated`. On the validation
    split itself the calibrated values are optimistic.

    Args:
        run: a trained run.
        split: the name of the split.
        count: number of samples, and the largest number of real examples.
        seed: for the samples and for the redrawn labels below.

    Returns:
        `mean_exp_log_ratio`, the mean of exp r over samples: 1 for the true ratio. A few samples
        can dominate it, and its standard error is then too small.
        `mean_log_ratio_p` and `mean_log_ratio_q`, the means of r over data and samples in nats.
        For a corpus the standard error of the first is over pieces of 1,000 tokens, as for `nll`.
        `calibration_error`, the expected calibration error: the mean distance between the predicted
        probability that an example is real and the observed frequency among examples of similar
        probability, see `reliability`. With few examples it is above 0 for every discriminator: its
        ceiling is the average error of a calibrated discriminator, with labels drawn from its
        probabilities.
        `inverse_temperature`, 1/T: below 1 for an overconfident discriminator, 0 if its ratio is no
        larger for data than for samples.
        `mean_exp_log_ratio_calibrated` and so on, the first four for r/T.

    Source: F. Huszár (2015), arXiv 1511.05101, section 4; C. Guo et al. (2017), arXiv 1706.04599,
    eq. 5 for the calibration error, section 4.2 for the temperature.
    """
    real, generated = _log_ratios(run, split, count, seed)
    inverse = 1 / run.calibration_temperature
    pieces = estimate.pieces(run, split, count, seed)
    found = _figures(real, generated, pieces, split, seed)
    calibrated = _figures(inverse * real, inverse * generated, pieces, split, seed)
    size = calibration.COUNT + estimate.num_real(run.dataset.validation, calibration.COUNT)
    fitted = Measurement(inverse, "1 if calibrated", None, size, "validation")
    return (
        found
        | {"inverse_temperature": fitted}
        | {f"{name}_calibrated": measurement for name, measurement in calibrated.items()}
    )


METRIC = RunMetric(estimate.given_by, measure)


def _figures(real, generated, pieces, split, seed):
    with np.errstate(over="ignore"):  # the exponential of a huge ratio is infinite
        ratio = np.exp(generated)
    return {
        "mean_exp_log_ratio": _mean(ratio, np.arange(len(ratio)), "1 if calibrated", split),
        "mean_log_ratio_p": _mean(real, pieces, "nats", split),
        "mean_log_ratio_q": _mean(generated, np.arange(len(generated)), "nats", split),
        "calibration_error": Measurement(
            reliability(real, generated).error,
            "probability",
            None,
            len(real) + len(generated),
            split,
            "lower",
            _of_redrawn_labels(real, generated, seed),
        ),
    }


def _log_ratios(run, split, count, seed):
    """Estimates r of real examples and of samples, float64."""
    both = estimate.held_out(run, split, count, seed)
    return [estimate.log_density_ratio(run, examples) for examples in both]


@dataclasses.dataclass(frozen=True)
class Reliability:
    """A reliability curve: observed frequencies of real examples in bins of predicted probability.

    Attributes:
        predicted: the mean predicted probability of each non-empty bin, ascending.
        observed: the share of real examples in the bin; equal to `predicted` if calibrated.
        weight: the bin's share of all examples, with data and samples weighing one half each
            whatever their numbers.
    """

    predicted: np.ndarray
    observed: np.ndarray
    weight: np.ndarray

    @property
    def error(self) -> float:
        """Expected calibration error: the weighted mean distance of `observed` from `predicted`."""
        return float(np.sum(self.weight * np.abs(self.observed - self.predicted)))

    def bins(self) -> list[tuple[float, float, float]]:
        """Returns predicted, observed and weight of each bin."""
        columns = self.predicted, self.observed, self.weight
        return list(zip(*(column.tolist() for column in columns), strict=True))


def curves(run: Trained, *, split: str, count: int, seed: int) -> dict[str, Reliability]:
    """Computes a discriminator's reliability curves, uncalibrated and calibrated.

    Arguments as in `measure`. Returns a dict from labels to curves.
    """
    real, generated = _log_ratios(run, split, count, seed)
    inverse = 1 / run.calibration_temperature
    return {
        "uncalibrated": reliability(real, generated),
        f"calibrated (ratio times {inverse:.3g})": reliability(inverse * real, inverse * generated),
    }


def reliability(real: np.ndarray, generated: np.ndarray, bins: int = 10) -> Reliability:
    """Computes the reliability curve of σ(r), the probability of being real under equal priors.

    Args:
        real: r of real examples, float64 [n].
        generated: r of samples, float64 [m].
        bins: number of bins of equal width on [0, 1].
    """
    return _binned(*_pooled(real, generated), _labels(real, generated), bins)


def _pooled(real, generated):
    """Probabilities and weights of all examples, real ones first."""
    probabilities = np.exp(-np.logaddexp(0, -np.concatenate([real, generated])))
    sizes = len(real), len(generated)
    return probabilities, np.concatenate([np.full(size, 0.5 / size) for size in sizes])


def _labels(real, generated):
    return np.repeat([1.0, 0.0], [len(real), len(generated)])


def _binned(probabilities, weights, labels, bins=10):
    numbers = np.minimum((probabilities * bins).astype(int), bins - 1)
    mass, predicted, observed = (
        np.bincount(numbers, weights * values, minlength=bins)
        for values in (np.ones_like(weights), probabilities, labels)
    )
    kept = mass > 0
    return Reliability(predicted[kept] / mass[kept], observed[kept] / mass[kept], mass[kept])


def _of_redrawn_labels(real, generated, seed):
    """Mean calibration error over labels drawn from the probabilities themselves."""
    probabilities, weights = _pooled(real, generated)
    draws = np.random.default_rng(seed).random([_REDRAWS, len(weights)]) < probabilities
    return float(np.mean([_binned(probabilities, weights, labels).error for labels in draws]))


def _mean(values, pieces, unit, split):
    mean = float(np.mean(values))
    error = standard_errors.of_mean_in_pieces(values, pieces) if math.isfinite(mean) else None
    return Measurement(mean, unit, error, len(values), split)
