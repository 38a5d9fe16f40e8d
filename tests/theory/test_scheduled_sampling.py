import numpy as np
import pytest
import scipy.optimize
import scipy.special
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from zoo.divergences import generalised_js
from zoo.theory.scheduled_sampling import (
    algorithm_optimum,
    argmax_optimum,
    divergence,
    idealised_optimum,
    independent,
    kl,
    mutual_information,
)

P = np.array([[0.40, 0.05, 0.05], [0.02, 0.20, 0.03], [0.05, 0.05, 0.15]])
OPTIMA = [idealised_optimum, algorithm_optimum]

quick = settings(deadline=None, max_examples=50)
shares = st.floats(0, 1)


@st.composite
def tables(draw):
    """Joint tables, with zeros and empty rows and columns among them."""
    shape = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    masses = draw(hnp.arrays(np.float64, shape, elements=st.sampled_from([0, 1, 2, 9, 100])))
    assume(masses.sum() > 0)
    return masses / masses.sum()


@st.composite
def pairs(draw):
    """Two joint tables of one shape, without zeros."""
    shape = (2, draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    masses = draw(hnp.arrays(np.float64, shape, elements=st.sampled_from([0.1, 1, 2, 9, 100])))
    return masses / masses.sum(axis=(1, 2), keepdims=True)


def definition(p, q, keep):
    """Equation 6, token by token."""
    p1, p2, q1 = p.sum(1), p.sum(0), q.sum(1)
    total = sum(a * np.log(a / b) for a, b in zip(p1, q1, strict=True))
    for z in range(len(p)):
        for x in range(p.shape[1]):
            kept, drawn, model = p[z, x] / p1[z], p2[x], q[z, x] / q1[z]
            total += keep * p1[z] * kept * np.log(kept / model)
            total += (1 - keep) * q1[z] * drawn * np.log(drawn / model)
    return total


def best_conditional(p, q1, keep):
    """For given Q1, the best Q(x2|z), entry by entry."""
    p1, p2 = p.sum(1), p.sum(0)
    return np.array(
        [
            [
                (keep * p[z, x] + (1 - keep) * q1[z] * p2[x]) / (keep * p1[z] + (1 - keep) * q1[z])
                for x in range(p.shape[1])
            ]
            for z in range(len(p))
        ]
    )


@pytest.mark.parametrize(
    ("keep", "distance", "dependence"),
    [(1, 0, 0.33824), (0.75, 0.0256, 0.186), (0.5, 0.0896, 0.0836), (0, 0.33824, 0)],
)
def test_the_example(keep, distance, dependence):
    q = idealised_optimum(P, keep)
    np.testing.assert_allclose(kl(P, q), distance, atol=1e-5 if keep in (0, 1) else 5e-5)
    np.testing.assert_allclose(
        mutual_information(q), dependence, atol={0.75: 5e-4, 0.5: 5e-5}.get(keep, 1e-5)
    )


def test_the_example_at_a_quarter():
    """The information is exactly 0.0214475; a published 0.0215 is 0.02145, rounded once more."""
    q = idealised_optimum(P, 0.25)
    np.testing.assert_allclose(kl(P, q), 0.190, atol=5e-4)
    np.testing.assert_allclose(mutual_information(q), 0.0214475, atol=1e-7)


@given(pairs(), shares)
@quick
def test_the_divergence_is_equation_6(pair, keep):
    p, q = pair
    np.testing.assert_allclose(
        divergence(p, q, keep), definition(p, q, keep), rtol=1e-10, atol=1e-14
    )


def test_the_divergence_is_infinite_where_the_model_lacks_a_token():
    q = np.array(P)
    q[0, 0] = 0
    assert divergence(P, q / q.sum(), 0.5) == np.inf


@given(tables(), shares)
@quick
def test_with_the_likeliest_token_only_its_row_is_distorted(p, keep):
    """The rows are those of the pairs that training shows: (z, x2) of P, or (z*, x2) of P2."""
    largest = np.sort(p.sum(axis=1))[-2:]
    assume(len(p) == 1 or largest[1] - largest[0] > 1e-9)  # there is one mode
    q, mode = argmax_optimum(p, keep), np.argmax(p.sum(axis=1))
    shown = keep * p
    shown[mode] += (1 - keep) * p.sum(axis=0)
    np.testing.assert_allclose(q.sum(axis=1), p.sum(axis=1), rtol=1e-12)
    np.testing.assert_allclose(q[mode] / q[mode].sum(), shown[mode] / shown[mode].sum(), rtol=1e-12)
    others = np.arange(len(p)) != mode
    np.testing.assert_allclose(q[others], p[others], rtol=1e-12)


def test_with_the_likeliest_token_half_kept_loses_less_than_with_samples():
    q = argmax_optimum(P, 0.5)
    np.testing.assert_allclose(q[0], 0.5 * (0.5 * P[0] + 0.5 * P.sum(axis=0)) / 0.75, rtol=1e-12)
    np.testing.assert_allclose(kl(P, q), 0.05506, atol=5e-6)
    assert kl(P, q) < kl(P, algorithm_optimum(P, 0.5))
    assert abs(q.sum(axis=0) - P.sum(axis=0)).max() > 0.05  # of the second token, too


@given(tables(), shares)
@quick
def test_the_algorithms_optimum_keeps_both_marginals_and_mixes_the_conditionals(p, keep):
    q = algorithm_optimum(p, keep)
    np.testing.assert_allclose(q.sum(axis=1), p.sum(axis=1), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(q.sum(axis=0), p.sum(axis=0), rtol=1e-12, atol=1e-15)
    for z in np.flatnonzero(p.sum(axis=1)):
        expected = keep * p[z] / p[z].sum() + (1 - keep) * p.sum(axis=0)
        np.testing.assert_allclose(q[z] / q[z].sum(), expected, rtol=1e-12, atol=1e-15)


@given(tables(), shares, st.integers(0, 2**32 - 1), st.floats(-6, 0))
@quick
def test_no_table_beats_the_idealised_optimum(p, keep, seed, log_size):
    q = idealised_optimum(p, keep)
    np.testing.assert_allclose(q.sum(), 1, rtol=1e-12)
    noise = np.random.default_rng(seed).normal(size=p.shape)
    other = q * np.exp(10**log_size * noise)
    least = divergence(p, q, keep)
    assert least <= divergence(p, other / other.sum(), keep) + 1e-14
    assert least <= divergence(p, algorithm_optimum(p, keep), keep) + 1e-14


@pytest.mark.parametrize("keep", [0.02, 0.3, 0.9, 0.999])
@pytest.mark.parametrize("seed", range(3))
def test_a_general_optimiser_finds_the_same_optimum(keep, seed):
    p = np.random.default_rng(seed).dirichlet(np.full(9, 0.4)).reshape(3, 3)

    def objective(logits):
        return definition(p, scipy.special.softmax(logits).reshape(3, 3), keep)

    found = scipy.optimize.minimize(objective, np.zeros(9), options={"gtol": 1e-9})
    q = idealised_optimum(p, keep)
    np.testing.assert_allclose(definition(p, q, keep), found.fun, rtol=1e-9)
    # The optimiser's gradient is a difference quotient, good to 1e-8, and the minimum is flat.
    np.testing.assert_allclose(q, scipy.special.softmax(found.x).reshape(3, 3), atol=2e-5)


@given(tables(), st.floats(0.01, 0.99))
@quick
def test_its_conditional_is_the_best_for_its_first_token(p, keep):
    q = idealised_optimum(p, keep)
    occurs = p.sum(axis=1) > 0
    expected = best_conditional(p[occurs], q[occurs].sum(axis=1), keep)
    conditional = q[occurs] / q[occurs].sum(axis=1, keepdims=True)
    np.testing.assert_allclose(conditional, expected, rtol=1e-11, atol=1e-15)
    np.testing.assert_array_equal(q[~occurs], 0)


@given(pairs(), shares)
@quick
def test_for_any_first_token_no_conditional_is_better_than_the_best(pair, keep):
    p, other = pair
    q1 = other.sum(axis=1)
    best = q1[:, None] * best_conditional(p, q1, keep)
    assert divergence(p, best, keep) <= divergence(p, other, keep) + 1e-14


@pytest.mark.parametrize("optimum", OPTIMA)
@given(p=tables())
@quick
def test_without_real_tokens_nothing_is_left_of_the_dependence(optimum, p):
    q = optimum(p, 0)
    np.testing.assert_allclose(q, np.outer(p.sum(axis=1), p.sum(axis=0)), rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(kl(p, q), mutual_information(p), rtol=1e-10, atol=1e-14)
    assert mutual_information(q) < 1e-14


@pytest.mark.parametrize("optimum", OPTIMA)
@given(p=tables())
@quick
def test_with_real_tokens_only_it_is_the_data(optimum, p):
    np.testing.assert_allclose(optimum(p, 1), p, rtol=1e-12, atol=0)


@pytest.mark.parametrize("optimum", OPTIMA)
@given(p=tables(), keep=shares)
@quick
def test_independent_tokens_are_learned_at_any_share(optimum, p, keep):
    p = independent(p)
    np.testing.assert_allclose(optimum(p, keep), p, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9])
def test_in_between_the_two_optima_differ_already_in_the_first_token(keep):
    ideal, reached = idealised_optimum(P, keep), algorithm_optimum(P, keep)
    assert np.abs(ideal.sum(axis=1) - P.sum(axis=1)).max() > 1e-4
    np.testing.assert_allclose(reached.sum(axis=1), P.sum(axis=1), rtol=1e-14)
    assert divergence(P, reached, keep) > divergence(P, ideal, keep) + 1e-7


@pytest.mark.parametrize("optimum", OPTIMA)
def test_the_less_is_kept_the_farther_is_the_model(optimum):
    models = [optimum(P, keep) for keep in np.linspace(0, 1, 21)]
    assert (np.diff([kl(P, q) for q in models]) < 0).all()
    assert (np.diff([mutual_information(q) for q in models]) > 0).all()


@given(pairs())
@quick
def test_equation_4_is_equation_5_and_the_mutual_information_of_the_data(pair):
    p, q = pair
    p1, q1 = p.sum(axis=1), q.sum(axis=1)
    real = (p * np.log(p / p1[:, None])).sum()  # E_P[log P(x2|x1)]
    predicted = (q1[:, None] * p.sum(axis=0) * np.log(q / q1[:, None])).sum()
    with_real_conditional = scipy.stats.entropy(p1, q1) + real - predicted
    np.testing.assert_allclose(
        with_real_conditional, divergence(p, q, 0) + mutual_information(p), rtol=1e-9, atol=1e-13
    )


def test_what_the_best_conditional_leaves_depends_on_the_first_token():
    """The remainder of equations 7 and 8: a JS for each z, whose weights hold Q1."""
    keep, p1, p2 = 0.5, P.sum(axis=1), P.sum(axis=0)
    remainders = []
    for q1 in (p1, np.array([0.2, 0.3, 0.5])):
        q = q1[:, None] * best_conditional(P, q1, keep)
        remainders.append(divergence(P, q, keep) - scipy.stats.entropy(p1, q1))
        mass = keep * p1 + (1 - keep) * q1
        js = generalised_js(np.log(P / p1[:, None]), np.log([p2] * 3), keep * p1 / mass)
        np.testing.assert_allclose(remainders[-1], mass @ js.numpy(), rtol=1e-12)
    assert abs(remainders[0] - remainders[1]) > 1e-3


@given(tables())
@quick
def test_mutual_information_is_a_sum_of_entropies(p):
    entropies = [scipy.stats.entropy(x) for x in (p.sum(axis=1), p.sum(axis=0), p.ravel())]
    expected = entropies[0] + entropies[1] - entropies[2]
    np.testing.assert_allclose(mutual_information(p), expected, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("optimum", OPTIMA)
@pytest.mark.parametrize(
    ("joint", "keep", "words"),
    [
        ([0.5, 0.5], 0.5, "two axes"),
        ([[0.5, 0.6]], 0.5, "the sum 1.1"),
        ([[1.5, -0.5]], 0.5, "no negative entry"),
        ([[0.5, 0.5]], 1.5, "received 1.5"),
        ([[0.5, 0.5]], float("nan"), "received nan"),
    ],
)
def test_bad_arguments_are_refused(optimum, joint, keep, words):
    with pytest.raises(ValueError, match=words):
        optimum(joint, keep)


@pytest.mark.parametrize(
    "compare",
    [kl, lambda joint, model: divergence(joint, model, 0.5), lambda p, q: kl(p.ravel(), q)],
)
@pytest.mark.parametrize("model", [[[0.5], [0.3], [0.2]], [[0.5, 0.3, 0.2]], [[1.0]]])
def test_tables_of_unlike_shapes_are_refused(compare, model):
    """Each broadcasts against P, and would give a number of no table."""
    with pytest.raises(ValueError, match="should have one shape; received"):
        compare(P, np.array(model))
