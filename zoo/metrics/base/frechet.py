"""Fréchet distance between two sets of features, each fitted by a normal distribution."""

import numpy as np
import threadpoolctl

_RESAMPLES = 50  # their standard deviation is then known to about 10 %


def frechet(features_a: np.ndarray, features_b: np.ndarray) -> float:
    """Computes |μ_a - μ_b|² + tr(C_a + C_b - 2 (C_a C_b)^½) from means μ and covariances C.

    Args:
        features_a: [count of a, size], at least two rows.
        features_b: [count of b, size], at least two rows.

    Returns:
        The squared distance, ≥ 0 up to rounding. It is biased upwards, the less so the larger the
        counts: compare distances at equal counts only.

    Source: D. C. Dowson and B. V. Landau, "The Fréchet distance between multivariate normal
    distributions" (1982), eq. 4; as a metric of samples: M. Heusel et al. (2017),
    arXiv 1706.08500, eq. 6.
    """
    (mean_a, root_a), (mean_b, root_b) = _moments(features_a), _moments(features_b)
    # With C = RᵀR, the eigenvalues of C_a C_b are the squared singular values of R_a R_bᵀ. These
    # are real and at least 0 also where C has no full rank; the eigenvalues of the product itself,
    # which is not symmetric, can come out negative or complex, and their roots with them.
    cross = np.sum(np.linalg.svd(root_a @ root_b.T, compute_uv=False))
    traces = np.sum(root_a**2) + np.sum(root_b**2)
    return float(np.sum((mean_a - mean_b) ** 2) + traces - 2 * cross)


def frechet_error(features_a: np.ndarray, features_b: np.ndarray, seed: int) -> float:
    """Estimates the standard error of `frechet` by the bootstrap, resampling rows of both sets.

    Args:
        features_a: as in `frechet`.
        features_b: as in `frechet`.
        seed: for the resampling.

    Returns:
        The standard deviation of the distances of 50 pairs of resampled sets. Their mean is
        larger than the distance itself, for the same reason that the distance is biased.
    """
    generator = np.random.default_rng(seed)

    def resampled(features):
        return features[generator.integers(len(features), size=len(features))]

    # Matrices are small: threads would wait for each other longer than they work.
    with threadpoolctl.threadpool_limits(1):
        drawn = [frechet(resampled(features_a), resampled(features_b)) for _ in range(_RESAMPLES)]
    return float(np.std(drawn, ddof=1))


def _moments(features):
    """Computes the mean [size], and R [size, size] such that the covariance is RᵀR, in float64."""
    features = np.asarray(features, np.float64)
    mean = np.mean(features, axis=0)
    centred = features - mean
    values, vectors = np.linalg.eigh(centred.T @ centred / (len(features) - 1))
    return mean, np.sqrt(np.maximum(values, 0))[:, None] * vectors.T  # rounding goes below 0
