"""The modes of P that a Q of fewer modes keeps under KL[Q‖P], against all choices."""

import itertools

import numpy as np
import pytest
import scipy.special
import scipy.stats

from zoo.theory import kept_modes

P = np.array([0.1, 0.4, 0.2, 0.3])


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_no_other_choice_of_modes_and_weights_is_better(count):
    q, value = kept_modes.optimum(P, count)
    np.testing.assert_allclose(scipy.special.rel_entr(q, P).sum(), value, atol=1e-14)
    assert (q > 0).sum() == count
    rng = np.random.default_rng(0)
    for modes in itertools.combinations(range(4), count):
        for weights in rng.dirichlet(np.ones(count), 200):
            other = np.zeros(4)
            other[list(modes)] = weights
            assert scipy.special.rel_entr(other, P).sum() >= value - 1e-12


def test_two_of_three_far_gaussians():
    """KL[Q‖P] of the densities themselves; Q keeps 0.5 and 0.3 as 5 to 3, at -log 0.8 nats."""
    p, means = np.array([0.5, 0.2, 0.3]), np.array([-20.0, 0.0, 20.0])
    q, value = kept_modes.optimum(p, 2)
    np.testing.assert_allclose(q, [0.625, 0, 0.375], rtol=1e-12)
    x = np.linspace(-30, 30, 6001)
    densities = scipy.stats.norm.pdf(x[:, None], means)
    found = scipy.special.rel_entr(densities @ q, densities @ p).sum() * (x[1] - x[0])
    np.testing.assert_allclose(found, -np.log(0.8), rtol=1e-9)
    np.testing.assert_allclose(value, found, rtol=1e-9)


@pytest.mark.parametrize(("weights", "count"), [([0.5, 0.4], 1), ([[1.0]], 1), ([1.0], 0)])
def test_what_is_no_mixture_is_refused(weights, count):
    with pytest.raises(ValueError, match="sum to one"):
        kept_modes.optimum(weights, count)
