import os
import pathlib

import numpy as np
import pytest
import scipy.special
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.distributions import gaussian_mixture as mixtures
from zoo.errors import DataError
from zoo.theory import figure1

MIXTURE = mixtures.load()
TWO_MODES = mixtures.load(mixtures.DEFAULT_FILE.with_name("two_modes.json"))

# The best isotropic Gaussians for the mixture: first and second coordinate of the mean,
# deviation, JS_pi / (pi (1-pi)).
TABLE = {
    0.01: (-0.391, -0.342, 1.5823, 0.54456),
    0.1: (-0.323, -0.329, 1.5668, 0.53205),
    0.5: (0.002, -0.283, 1.4720, 0.51135),
    0.9: (0.518, -0.308, 1.2304, 0.51958),
    0.99: (0.652, -0.357, 1.1370, 0.52363),
}
KL = (-0.399, -0.343, 1.5840, 0.54624)
REVERSE_KL = (0.672, -0.365, 1.1219, 0.52436)
LAST_DIGITS = np.array([0.5e-3, 0.5e-3, 0.5e-4, 0.5e-5]) * (1 + 1e-6)


def assert_is_row(fit, row):
    assert (np.abs([*fit.mean, fit.std, fit.value] - np.array(row)) <= LAST_DIGITS).all(), fit


@st.composite
def mixture(draw):
    count = draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    weights = rng.dirichlet(np.full(count, 3.0))
    return mixtures.mixture(
        weights, rng.normal(size=(count, 2), scale=1.5), rng.uniform(0.4, 2, size=count)
    )


def gaussian_nodes(step=0.2):
    """Nodes and weights of the trapezoid rule for the standard Gaussian in the plane."""
    nodes = np.arange(-8, 8 + step / 2, step)
    weights = step * scipy.stats.norm.pdf(nodes)
    grid = np.stack(np.meshgrid(nodes, nodes), axis=-1).reshape(-1, 2)
    return grid, np.outer(weights, weights).ravel()


def js_by_expectations(p, mean, std, pi):
    """The definition of JS_pi, with expectations over each Gaussian taken at its own nodes."""
    nodes, node_weights = gaussian_nodes()

    def log_p(x):
        parts = [
            np.log(w) + scipy.stats.multivariate_normal(m, v).logpdf(x)
            for w, m, v in zip(*p, strict=True)
        ]
        return scipy.special.logsumexp(parts, axis=0)

    def log_q(x):
        return scipy.stats.multivariate_normal(mean, std**2).logpdf(x)

    def log_m(x):
        return np.logaddexp(np.log(pi) + log_p(x), np.log1p(-pi) + log_q(x))

    total = 0
    for w, m, v in zip(*p, strict=True):
        x = m + np.sqrt(v) * nodes
        total += pi * w * (node_weights @ (log_p(x) - log_m(x)))
    x = mean + std * nodes
    return total + (1 - pi) * (node_weights @ (log_q(x) - log_m(x)))


@pytest.mark.parametrize("pi", TABLE)
def test_the_table_of_the_jensen_shannon_fits(pi):
    assert_is_row(figure1.fit(*MIXTURE, pi), TABLE[pi])


def test_the_table_of_the_kl_fits():
    assert_is_row(figure1.fit_kl(*MIXTURE), KL)
    assert_is_row(figure1.fit_reverse_kl(*MIXTURE), REVERSE_KL)


def test_the_mixture_is_the_one_that_was_given():
    folder = os.environ.get("ZOO_TEST_DATA")
    if not folder:
        pytest.skip("ZOO_TEST_DATA is not set")
    given_mixture = mixtures.load(pathlib.Path(folder) / "mixture_a.json")
    for ours, theirs in zip(MIXTURE, given_mixture, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_on_this_mixture_a_half_is_nearer_to_maximum_likelihood():
    stds = [figure1.fit_kl(*MIXTURE).std, TABLE[0.5][2], figure1.fit_reverse_kl(*MIXTURE).std]
    assert stds[0] - stds[1] < stds[1] - stds[2]


@given(mixture(), st.floats(0.05, 0.95))
@settings(deadline=None, max_examples=10)
def test_the_value_is_the_divergence_and_no_neighbour_has_a_smaller_one(p, pi):
    best = figure1.fit(*p, pi)
    value = js_by_expectations(p, best.mean, best.std, pi) / (pi * (1 - pi))
    np.testing.assert_allclose(best.value, value, rtol=1e-7, atol=1e-9)
    for step in 0.02 * np.vstack([np.eye(3), -np.eye(3)]):
        moved = js_by_expectations(p, best.mean + step[:2], best.std * np.exp(step[2]), pi)
        assert moved / (pi * (1 - pi)) > value - 1e-9


def slope_and_curvature(p, fit, pi, step=0.01):
    """Gradient and Hessian in (mean, log std) by differences, in units of the fit's deviation."""

    def value(x):
        mean, std = fit.mean + fit.std * x[:2], fit.std * np.exp(x[2])
        return js_by_expectations(p, mean, std, pi) / (pi * (1 - pi))

    moves = step * np.eye(3)
    slope = [(value(a) - value(-a)) / (2 * step) for a in moves]
    curvature = [
        [value(a + b) - value(a - b) - value(b - a) + value(-a - b) for b in moves] for a in moves
    ]
    return np.array(slope), np.array(curvature) / (4 * step**2)


CORE_AND_HALO = mixtures.mixture([0.3, 0.7], [[0, 0], [0, 0]], [0.05, 1])
RANDOM = [
    mixtures.mixture(w, m, v)
    for rng in map(np.random.default_rng, range(3))
    for w, m, v in [(rng.dirichlet([3, 3, 3]), rng.normal(size=(3, 2)), rng.uniform(0.4, 2, 3))]
]


@pytest.mark.parametrize("pi", [0.01, 0.3, 0.99])
@pytest.mark.parametrize("p", [*RANDOM, CORE_AND_HALO, TWO_MODES], ids=str)
def test_every_minimum_is_one(p, pi):
    """And neither a saddle point nor the end of the range that is searched."""
    for fit in figure1.local_minima(*p, pi):
        slope, curvature = slope_and_curvature(p, fit, pi)
        np.testing.assert_allclose(slope, 0, atol=1e-3)  # the difference's own error
        assert np.linalg.eigvalsh(curvature).min() > 0.01


def test_the_best_gaussian_may_be_wider_than_the_data():
    """Here of a dense core in a ring."""
    means = [[0, 0], [4, 0], [-4, 0], [0, 4], [0, -4]]
    p = mixtures.mixture([0.52, *[0.12] * 4], means, [0.2, 1, 1, 1, 1])
    fit = figure1.fit(*p, 0.03)
    assert fit.std > 1.003 * mixtures.moments(p)[1]
    slope, _ = slope_and_curvature(p, fit, 0.03)
    np.testing.assert_allclose(slope, 0, atol=2e-4)


@pytest.mark.parametrize("pi", [0.9, 0.99])
def test_of_two_equal_modes_only_the_modes_are_minima(pi):
    """Between them, at P's mean, is a saddle point."""
    minima = figure1.local_minima([0.5, 0.5], [[-5, 0], [5, 0]], [1, 1], pi)
    found = sorted([*fit.mean, fit.std] for fit in minima)
    np.testing.assert_allclose(found, [[-5, 0, 1], [5, 0, 1]], atol=0.01)


@given(mixture())
@settings(deadline=None, max_examples=5)
def test_kl_is_least_at_the_moments_of_the_data(p):
    x = mixtures.sample(p, 200_000, seed=0)
    best = figure1.fit_kl(*p)
    error = x.std() / np.sqrt(len(x))
    np.testing.assert_allclose(best.mean, x.mean(axis=0), atol=5 * error)
    np.testing.assert_allclose(best.std, np.sqrt(x.var(axis=0).mean()), rtol=0.01)
    near_zero = figure1.fit(*p, 1e-9)
    np.testing.assert_allclose([*near_zero.mean, near_zero.std], [*best.mean, best.std], atol=1e-5)
    np.testing.assert_allclose(near_zero.value, best.value, rtol=1e-6, atol=1e-9)


def test_towards_one_it_is_the_reverse_kl():
    limit, near = figure1.fit_reverse_kl(*MIXTURE), figure1.fit(*MIXTURE, 1 - 1e-9)
    np.testing.assert_allclose([*near.mean, near.std], [*limit.mean, limit.std], atol=1e-5)
    np.testing.assert_allclose(near.value, limit.value, rtol=1e-6)


@pytest.mark.parametrize("pi", [1e-6, 0.3, 0.99])
def test_one_gaussian_is_its_own_fit(pi):
    best = figure1.fit([1.0], [[3.0, -40.0]], [0.25], pi)
    np.testing.assert_allclose([*best.mean, best.std], [3, -40, 0.5], atol=1e-6)
    assert 0 <= best.value < 1e-12


def test_it_moves_and_grows_with_the_mixture():
    once = figure1.fit(*MIXTURE, 0.7)
    shift = np.array([100.0, -7.0])
    means, variances = 30 * MIXTURE.means + shift, 900 * MIXTURE.variances
    again = figure1.fit(MIXTURE.weights, means, variances, 0.7)
    np.testing.assert_allclose(again.mean, 30 * once.mean + shift, atol=1e-4)
    np.testing.assert_allclose(again.std, 30 * once.std, rtol=1e-6)
    np.testing.assert_allclose(again.value, once.value, rtol=1e-9)


def test_on_two_far_modes_seeking_starts_well_below_a_tenth():
    assert figure1.fit(*TWO_MODES, 0.012).std > 3.5
    assert figure1.fit(*TWO_MODES, 0.013).std < 1.01


def test_two_far_modes_have_three_minima():
    best, *others = figure1.local_minima(*TWO_MODES, 0.1)
    np.testing.assert_allclose(best.mean, [0, 0], atol=1e-3)
    assert len(others) == 2
    covering, small_mode = others
    assert covering.std > 3
    np.testing.assert_allclose(small_mode.mean, [10, 0], atol=1e-3)
    assert best.value < covering.value < small_mode.value


@pytest.mark.parametrize("pi", [0.0, 1, -1, float("nan")])
def test_the_ends_of_pi_are_refused(pi):
    with pytest.raises(ValueError, match="limit at 0 is kl"):
        figure1.fit(*MIXTURE, pi)


@pytest.mark.parametrize(
    ("weights", "means", "variances", "words"),
    [
        ([1.0], [0.0, 0.0], [1.0], r"shapes \[1\], \[2\] and \[1\]"),
        ([0.5], [[0, 0]], [1.0], "sum to one"),
        ([1.5, -0.5], [[0, 0], [1, 1]], [1, 1], "positive weights"),
        ([1.0], [[0, 0]], [0.0], "positive variances"),
        ([0.5, 0.5], [[0, 0], [1e3, 1e3]], [1, 0.01], "narrowest component, of deviation 0.1"),
    ],
)
def test_what_is_no_mixture_is_refused(weights, means, variances, words):
    with pytest.raises(ValueError, match=words):
        figure1.fit(weights, means, variances, 0.5)


@pytest.mark.parametrize("text", [None, "", "[]", '{"weights": [1]}', '{"weights": 1}'])
def test_a_file_that_holds_no_mixture_is_refused(tmp_path, text):
    path = tmp_path / "mixture.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(DataError, match=r"mixture\.json is not a mixture"):
        mixtures.load(path)
