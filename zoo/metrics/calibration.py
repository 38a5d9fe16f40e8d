"""Whether the discriminator's probabilities can be believed on held-out data."""

import dataclasses
import math

import numpy as np

from zoo.density_ratio import calibration, estimate
from zoo.metrics import Measurement
from zoo.metrics.base import standard_errors

_REDRAWS = 100


def applies(run) -> bool:
    """Whether the run has a discriminator."""
    return estimate.given_by(run)


def measure(run, *, split: str, count: int, seed: int) -> dict[str, Measurement]:
    """Holds the estimate of r = log P - log Q against what only the true one does.

        E_Q[exp r] = 1,   E_P[r] = KL[P‖Q] ≥ 0,   E_Q[r] = -KL[Q‖P] ≤ 0

    A discriminator that knows its training examples by heart, or that was trained with label
    smoothing, a hinge or much regularisation, fails here, and divergences computed from its
    output are then no divergences. Q is the generator as it is sampled: with averaged weights
    where the run kept an average, though the discriminator played against the weights of the
    moment.

    The same is told of r/T, with a temperature T that is fitted on the validation split: what
    comes of dividing all ratios by one number, as `Run.log_density_ratio(calibrated=True)` and an
    export with `--calibrated` do. On the validation split itself it is told too favourably.

    Args:
        run: a trained run.
        split: the name of the split.
        count: how many samples, against at most as many real examples.
        seed: of the samples and of the redrawn labels below.

    Returns:
        `mean_exp_log_ratio`, the mean of exp r over samples: 1 where r is the true one. A few
        samples can decide it, and its standard error is then too small.
        `mean_log_ratio_p` and `mean_log_ratio_q`, the means of r over data and samples in nats.
        The standard error of the first is over pieces of 1,000 tokens where the data are a running
        text, as that of `nll`.
        `calibration_error`, the mean distance of the probability that an example is real from the
        share of the real ones among the examples of like probability, see `reliability`. Of few
        examples it is above 0 for every discriminator: its ceiling is what one has on average
        whose probabilities are right, with labels drawn by them.
        `inverse_temperature`, 1/T: below 1 where the discriminator is too sure, 0 where its ratio
        is no larger for data than for samples.
        `mean_exp_log_ratio_calibrated` and so on, the first four of r/T.

    Source: F. Huszár (2015), arXiv 1511.05101, section 4; C. Guo et al. (2017), arXiv 1706.04599,
    eq. 5 for the calibration error, section 4.2 for the temperature.
    """
    real, generated = _log_ratios(run, split, count, seed)
    inverse = 1 / run.calibration_temperature
    pieces = estimate.pieces(run, split, count, seed)
    found = _figures(real, generated, pieces, split, seed)
    calibrated = _figures(inverse * real, inverse * generated, pieces, split, seed)
    judged = calibration.COUNT + estimate.num_real(run.dataset.validation, calibration.COUNT)
    fitted = Measurement(inverse, "1 where calibrated", None, judged, "validation")
    return (
        found
        | {"inverse_temperature": fitted}
        | {f"{name}_calibrated": measurement for name, measurement in calibrated.items()}
    )


def _figures(real, generated, pieces, split, seed):
    with np.errstate(over="ignore"):  # the exponential of a huge ratio is told as infinity
        ratio = np.exp(generated)
    return {
        "mean_exp_log_ratio": _mean(ratio, np.arange(len(ratio)), "1 where calibrated", split),
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
    """r of real examples and of samples, float64."""
    both = estimate.held_out(run, split, count, seed)
    return [estimate.log_density_ratio(run, examples) for examples in both]


@dataclasses.dataclass(frozen=True)
class Reliability:
    """A reliability curve: examples in bins by the probability that they are given of being real.

    Attributes:
        predicted: the mean probability of each bin that is not empty, ascending.
        observed: the share of real examples in it; the same where the probabilities are right.
        weight: the share of all examples that it holds, with data and samples counting one half
            each however many there are.
    """

    predicted: np.ndarray
    observed: np.ndarray
    weight: np.ndarray

    @property
    def error(self) -> float:
        """The mean distance of the two."""
        return float(np.sum(self.weight * np.abs(self.observed - self.predicted)))

    def bins(self) -> list[tuple[float, float, float]]:
        """The three numbers of each bin."""
        columns = self.predicted, self.observed, self.weight
        return list(zip(*(column.tolist() for column in columns), strict=True))


def curves(run, *, split: str, count: int, seed: int) -> dict[str, Reliability]:
    """The reliability curves of a run's discriminator as it is and calibrated; see `measure`."""
    real, generated = _log_ratios(run, split, count, seed)
    inverse = 1 / run.calibration_temperature
    return {
        "as it is": reliability(real, generated),
        f"with its ratio times {inverse:.3g}": reliability(inverse * real, inverse * generated),
    }


def reliability(real: np.ndarray, generated: np.ndarray, bins: int = 10) -> Reliability:
    """The reliability curve of σ(r), the probability of being real where both are as likely.

    Args:
        real: r of real examples, float64 [n].
        generated: r of samples, float64 [m].
        bins: how many bins of equal width there are on [0, 1].
    """
    return _binned(*_pooled(real, generated), _labels(real, generated), bins)


def _pooled(real, generated):
    """Probabilities and weights of all examples, the real ones first."""
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
    """The mean calibration error over labels drawn by the probabilities themselves."""
    probabilities, weights = _pooled(real, generated)
    draws = np.random.default_rng(seed).random([_REDRAWS, len(weights)]) < probabilities
    return float(np.mean([_binned(probabilities, weights, labels).error for labels in draws]))


def _mean(values, pieces, unit, split):
    mean = float(np.mean(values))
    error = standard_errors.of_mean_in_pieces(values, pieces) if math.isfinite(mean) else None
    return Measurement(mean, unit, error, len(values), split)
