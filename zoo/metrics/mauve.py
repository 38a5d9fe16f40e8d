"""MAUVE: area under the divergence frontier of samples and texts in language-model states."""

import numpy as np
from sklearn.cluster import KMeans

from zoo import divergences
from zoo.metrics import Comparison, Measurement, SampleMetric
from zoo.metrics.base.contracts import is_text

_VARIANCE, _TEXTS_PER_CLUSTER = 0.9, 10
_POINTS, _SCALE = 25, 5.0
_RESAMPLES = 50  # their standard deviation is then known to about 10 %


def compare(comparison: Comparison) -> dict[str, Measurement]:
    """Computes MAUVE, the overlap of the clusters of samples and of held-out texts.

    A text's features are the mean over its tokens of the 128 hidden states of a reference language
    model, see `zoo.metrics.base.reference_lm`; the values are not comparable to those with GPT-2
    features, which the authors use. Like them, we normalise the features to length one and keep the
    principal components with 90% of the variance. The number of k-means clusters is a tenth of the
    number of samples; k-means runs once instead of keeping the best of five. With so few texts per
    cluster, MAUVE of real texts is far below 1: the ceiling has the same count. See
    `frontier_area`.

    Args:
        comparison: a `zoo.metrics.Comparison` of texts.

    Returns:
        `mauve`, from 0 to 1. Its standard error is by the bootstrap of both histograms, given the
        reference model and the clusters, and does not include the bias.

    Source: K. Pillutla et al. (2021), arXiv 2102.01454; the package mauve-text.
    """
    count, split = comparison.count, comparison.split
    labels = clusters(np.concatenate(comparison.states), count, comparison.seed)
    shares = [np.bincount(part, minlength=labels.max() + 1) / count for part in np.split(labels, 2)]
    draws = np.random.default_rng(comparison.seed)
    resampled = (draws.multinomial(count, part, size=_RESAMPLES) / count for part in shares)
    # Resampling a single text gives the same text.
    error = float(np.std(frontier_area(*resampled), ddof=1)) if count > 1 else None
    value = float(frontier_area(*shares))
    return {"mauve": Measurement(value, "from 0 to 1", error, count, split, "higher")}


METRIC = SampleMetric(is_text, compare)


def frontier_area(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Computes the area under the points (exp(-5 KL[Q‖R_λ]), exp(-5 KL[P‖R_λ])), R_λ = λP + (1-λ)Q.

    λ takes 25 values in (0, 1), and the ends of the curve are (1, 0) and (0, 1). The weighted sum
    of the two divergences, λ KL[P‖R_λ] + (1-λ) KL[Q‖R_λ], is JS_λ, the generalised Jensen-Shannon
    divergence of P and Q: MAUVE summarises the whole family.

    Args:
        p: float64 [..., outcomes] with the sum 1 over the last axis.
        q: as `p`.

    Returns:
        float64 [...], 1 if P = Q and 0 if they share no outcome.
    """
    weights = np.linspace(1e-6, 1 - 1e-6, _POINTS)
    mixtures = [weight * p + (1 - weight) * q for weight in weights]
    ends = np.ones_like(p[..., 0]), np.zeros_like(p[..., 0])
    x = np.stack([ends[0], *(closeness(q, mixture) for mixture in mixtures), ends[1]])
    y = np.stack([ends[1], *(closeness(p, mixture) for mixture in mixtures), ends[0]])
    # In the order of λ, x falls and y grows: nothing has to be sorted, where ties could go wrong.
    return np.sum((x[:-1] - x[1:]) * (y[:-1] + y[1:]) / 2, axis=0)


def closeness(p: np.ndarray, mixture: np.ndarray) -> np.ndarray:
    """Computes exp(-5 KL[P‖R]), 1 if P = R.

    Args:
        p: float64 [..., outcomes] with the sum 1 over the last axis.
        mixture: R, as `p`; positive wherever `p` is, or the result is 0.

    Returns:
        float64 [...].
    """
    with np.errstate(divide="ignore"):  # log 0 = -inf for outcomes that do not occur
        return np.exp(-_SCALE * divergences.kl(np.log(p), np.log(mixture)).numpy())


def clusters(features: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Assigns each row to a k-means cluster of its principal components.

    Args:
        features: float64 [rows, size].
        count: ten times the number of clusters; there are at least two, unless fewer rows differ.
        seed: for the initial centres.

    Returns:
        int32 [rows].
    """
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    reduced = principal_components(features / np.maximum(lengths, np.finfo(np.float64).tiny))
    number = max(2, round(count / _TEXTS_PER_CLUSTER))
    number = min(number, len(np.unique(np.round(reduced, 6), axis=0)))
    return KMeans(number, n_init=1, max_iter=100, random_state=seed).fit_predict(reduced)


def principal_components(features: np.ndarray) -> np.ndarray:
    """Projects features on the fewest principal components with 90% of their variance.

    Args:
        features: float64 [rows, size].

    Returns:
        float64 [rows, components], at least one component; the sign of each is arbitrary.
    """
    centred = features - np.mean(features, axis=0)
    variances, directions = np.linalg.eigh(centred.T @ centred)
    variances, directions = variances[::-1], directions[:, ::-1]
    number = np.argmax(np.cumsum(variances) >= _VARIANCE * np.sum(variances)) + 1
    return centred @ directions[:, :number]
