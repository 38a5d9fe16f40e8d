"""Refined sampling: whole samples, chosen among candidates by a discriminator's density ratio.

For any r, Q_r(x) = Q(x) e^{r(x)} / E_Q[e^r], and Q_r = P for r = log P - log Q.

Source: S. Azadi et al., "Discriminator Rejection Sampling", arXiv 1810.06758 (2018); A. Grover et
al., "Bias Correction of Learned Generative Models", arXiv 1906.09531 (2019), section 3; A. Verine
et al., "Optimal Budgeted Rejection Sampling for Generative Models", arXiv 2311.00460 (2023).
"""

from zoo.errors import require
from zoo.samplers.base.refinement import Refinement

MOST_CANDIDATES = 1000
LEAST_ACCEPTANCE = 0.001


def build(*, candidates: int | None = None, acceptance: float | None = None) -> Refinement:
    """Refined sampling of a run whose discriminator estimates the density ratio r.

    Args:
        candidates: K, to draw K candidates and keep one, with probabilities proportional to e^r
            (sampling-importance-resampling): K = 1 is plain sampling, and K → ∞ draws from Q_r.
        acceptance: the share of candidates to accept, to accept each with probability
            min(1, c e^r) and c chosen so: 1 is plain sampling. At a given share no other rule comes
            nearer to P, if r is right.

    Returns:
        The settings, by which `Run.refined` draws.

    Raises:
        SpecError: not just one of them is given, or one is out of range.
    """
    require(
        (candidates is None) != (acceptance is None),
        "refine: give either candidates, such as refine(candidates=8), or acceptance, such as "
        "refine(acceptance=0.25).",
    )
    require(
        candidates is None or 1 <= candidates <= MOST_CANDIDATES,
        f"refine: candidates={candidates} should be from 1 to {MOST_CANDIDATES}.",
    )
    require(
        acceptance is None or LEAST_ACCEPTANCE <= acceptance <= 1,
        f"refine: acceptance={acceptance} should be from {LEAST_ACCEPTANCE} to 1.",
    )
    return Refinement(candidates, acceptance)
