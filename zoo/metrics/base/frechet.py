"""The Fréchet distance of two sets of features, each seen as a normal distribution."""

import numpy as np
import threadpoolctl

_RESAMPLES = 50  # their standard deviation is then known to about 10 %


def frechet(features_a, features_b) -> float:
    """|μ_a - μ_b|² + tr(C_a + C_b - 2 (C_a C_b)^½), of means μ and covariances C.

    Args:
        features_a: [count of a, size], at least two rows.
        features_b: [count of b, size].

    Returns:
        The squared distance, at least 0 but for rounding. It is biased up by an amount that falls
        with the counts: only distances at equal counts can be compared.

    Source: D. C. Dowson and B. V. Landau, "The Fréchet distance between multivariate normal
    distributions" (1982), eq. 4; as a measure of samples: M. Heusel et al. (2017),
    arXiv 1706.08500, eq. 6.
    """
    (mean_a, root_a), (mean_b, root_b) = _moments(features_a), _moments(features_b)
    # With C = RᵀR, the eigenvalues of C_a C_b are the squared singular values of R_a R_bᵀ. These
    # are real and at least 0 also where C has no full rank; the eigenvalues of the product itself,
    # which is not symmetric, can come out negative or complex, and their roots with them.
    cross = np.sum(np.linalg.svd(root_a @ root_b.T, compute_uv=False))
    traces = np.sum(root_a**2) + np.sum(root_b**2)
    return float(np.sum((mean_a - mean_b) ** 2) + traces - 2 * cross)


def frechet_error(features_a, features_b, seed: int) -> float:
    """The standard error of `frechet` by the bootstrap: rows of both sets are drawn anew.

    Args:
        features_a: as in `frechet`.
        features_b: as in `frechet`.
        seed: of the draws.

    Returns:
        The standard deviation of the distances of 50 pairs of resampled sets. Their mean is
        further up than the distance itself, for the same reason that it is biased.
    """
    generator = np.random.default_rng(seed)

    def resampled(features):
        return features[generator.integers(len(features), size=len(features))]

    # Matrices are small: threads would wait for each other longer than they work.
    with threadpoolctl.threadpool_limits(1):
        drawn = [frechet(resampled(features_a), resampled(features_b)) for _ in range(_RESAMPLES)]
    return float(np.std(drawn, ddof=1))


def _moments(features):
    """The mean [size], and R [size, size] with the covariance RᵀR, in float64."""
    features = np.asarray(features, np.float64)
    mean = np.mean(features, axis=0)
    centred = features - mean
    values, vectors = np.linalg.eigh(centred.T @ centred / (len(features) - 1))
    return mean, np.sqrt(np.maximum(values, 0))[:, None] * vectors.T  # rounding goes below 0
