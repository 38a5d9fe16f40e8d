import doctest

import keras
import mpmath
import numpy as np
import pytest
import scipy.spatial
import scipy.special
import scipy.stats
import tensorflow as tf
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from zoo.divergences import binary_entropy, exact, generalised_js, kl, reverse_kl

SCALES = ["raw", "normalised", "bounded"]
ENDS = [1e-12, 1e-6, 1 - 1e-6, 1 - 1e-12]
WEIGHTS = [*ENDS, 0.1, 0.5, 0.7]

P = np.array([0.4, 0.35, 0.2, 0.0499, 0.0001, 0.0])
Q = np.array([0.1, 0.3999, 0.0001, 0.3, 0.0, 0.2])


def log(probabilities):
    with np.errstate(divide="ignore"):
        return np.log(probabilities)


def definition(p, q, pi):
    """The textbook's sum: exact enough away from the ends of pi, and none of the zoo's code."""
    m = pi * p + (1 - pi) * q
    return pi * scipy.special.rel_entr(p, m).sum() + (1 - pi) * scipy.special.rel_entr(q, m).sum()


def exact_js(p, q, pi, scale="raw"):
    """The textbook's sum with fifty digits."""
    pi = mpmath.mpf(pi)
    value = mpmath.mpf(0)
    for a, b in zip(p, q, strict=True):
        m = pi * a + (1 - pi) * b
        value += pi * a * mpmath.log(a / m) if a else 0
        value += (1 - pi) * b * mpmath.log(b / m) if b else 0
    entropy = -pi * mpmath.log(pi) - (1 - pi) * mpmath.log(1 - pi)
    return value / {"raw": 1, "normalised": pi * (1 - pi), "bounded": entropy}[scale]


def to_mpmath(log_probabilities):
    return [mpmath.exp(x) if np.isfinite(x) else mpmath.mpf(0) for x in log_probabilities]


@pytest.fixture(autouse=True)
def fifty_digits():
    with mpmath.workdps(50):
        yield


@st.composite
def tables(draw, count=2):
    """Distributions over the same outcomes, some of probability zero."""
    shape = (count, draw(st.integers(2, 7)))
    masses = draw(hnp.arrays(np.float64, shape, elements=st.sampled_from([0, 1, 2, 5, 90, 1e4])))
    assume((masses.sum(axis=1) > 0).all())
    return masses / masses.sum(axis=1, keepdims=True)


quick = settings(deadline=None, max_examples=40)
weights = st.floats(1e-290, 1, exclude_max=True)  # below, JS_pi itself may underflow
inner_weights = st.floats(0.001, 0.999)


@given(tables())
@quick
def test_kl_is_the_relative_entropy(table):
    p, q = table
    expected = scipy.stats.entropy(p, q)
    np.testing.assert_allclose(kl(log(p), log(q)), expected, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(reverse_kl(log(q), log(p)), expected, rtol=1e-12, atol=1e-15)
    assert kl(log(p), log(q)) >= 0


def test_kl_of_measures_has_the_terms_that_keep_it_positive():
    p, q = np.array([0.2, 3.0, 0.0]), np.array([0.1, 1.0, 2.0])
    np.testing.assert_allclose(
        kl(log(p), log(q)), scipy.special.kl_div(p, q).sum(), rtol=1e-12, atol=0
    )


@given(tables(), inner_weights)
@quick
def test_generalised_js_is_its_definition(table, pi):
    p, q = table
    np.testing.assert_allclose(
        generalised_js(log(p), log(q), pi), definition(p, q, pi), rtol=1e-10, atol=1e-15
    )


@given(tables())
@quick
def test_half_is_the_square_of_scipys_jensen_shannon_distance(table):
    p, q = table
    distance = scipy.spatial.distance.jensenshannon(p, q)
    np.testing.assert_allclose(
        generalised_js(log(p), log(q), 0.5), distance**2, rtol=1e-10, atol=1e-14
    )


@given(tables(), weights, st.sampled_from(SCALES))
@quick
def test_swapping_the_distributions_and_the_weights_changes_nothing(table, pi, scale):
    p, q = table
    pi = 1 - (1 - pi)  # so that 1 - pi is exact
    assume(0 < pi < 1)
    np.testing.assert_allclose(
        generalised_js(log(p), log(q), pi, scale),
        generalised_js(log(q), log(p), 1 - pi, scale),
        rtol=1e-12,
        atol=0,
    )


@given(tables(), weights)
@quick
def test_it_lies_between_zero_and_the_entropy_of_pi(table, pi):
    p, q = table
    value = float(generalised_js(log(p), log(q), pi))
    assert 0 <= value <= float(binary_entropy(pi)) * (1 + 1e-12)
    assert value > 0 or np.allclose(p, q, rtol=1e-12, atol=0)


@given(tables(), weights)
@quick
def test_it_is_the_entropy_of_pi_exactly_for_disjoint_supports(table, pi):
    p, q = table
    nothing = np.zeros_like(p)
    apart = np.concatenate([p, nothing]), np.concatenate([nothing, q])
    np.testing.assert_allclose(
        generalised_js(log(apart[0]), log(apart[1]), pi, "bounded"), 1, rtol=1e-12
    )
    if (p * q).any():
        assert generalised_js(log(p), log(q), pi, "bounded") < 1 - 1e-12


@given(tables(count=1), weights, st.sampled_from(SCALES))
@quick
def test_it_is_exactly_zero_between_equals(table, pi, scale):
    assert generalised_js(log(table[0]), log(table[0]), pi, scale) == 0
    assert kl(log(table[0]), log(table[0])) == 0


@pytest.mark.parametrize("size", [1e-9, 1e-5, 0.1, 3, 40, 300])
@pytest.mark.parametrize("pi", WEIGHTS)
def test_it_keeps_its_digits_at_the_ends_and_between_neighbours(pi, size):
    rng = np.random.default_rng(0)
    log_p = scipy.special.log_softmax(rng.normal(size=8))
    log_q = log_p + size * rng.normal(size=8)
    log_q = log_q - scipy.special.logsumexp(log_q)
    for scale in SCALES:
        value = float(generalised_js(log_p, log_q, pi, scale))
        expected = exact_js(to_mpmath(log_p), to_mpmath(log_q), pi, scale)
        np.testing.assert_allclose(value, float(expected), rtol=1e-11, atol=0)


@given(st.integers(0, 2**32 - 1), st.floats(0.01, 2))
@quick
def test_the_limits_are_the_two_kls(seed, size):
    log_p, log_q = scipy.special.log_softmax(
        np.random.default_rng(seed).normal(size=(2, 6), scale=size), axis=-1
    )
    forward, reverse = kl(log_p, log_q), reverse_kl(log_p, log_q)
    for scale, at_zero, at_one in [("raw", 1e-12, 1 - (1 - 1e-12)), ("normalised", 1, 1)]:
        np.testing.assert_allclose(
            generalised_js(log_p, log_q, 1e-12, scale), forward * at_zero, rtol=1e-6
        )
        np.testing.assert_allclose(
            generalised_js(log_p, log_q, 1 - 1e-12, scale), reverse * at_one, rtol=1e-6
        )


@given(tables(), inner_weights)
@quick
def test_the_scales_are_multiples_of_one_divergence(table, pi):
    p, q = table
    raw = generalised_js(log(p), log(q), pi).numpy()
    for scale, unit in [
        ("normalised", pi * (1 - pi)),
        ("bounded", scipy.stats.entropy([pi, 1 - pi])),
    ]:
        scaled = generalised_js(log(p), log(q), pi, scale)
        np.testing.assert_allclose(scaled, raw / unit, rtol=1e-12, atol=0)


def test_the_slopes_at_the_ends_are_the_kls_and_the_second_is_negative():
    log_p, log_q = log(np.array([0.2, 0.3, 0.5])), log(np.array([0.5, 0.4, 0.1]))
    for pi, slope in [(1e-12, kl(log_p, log_q)), (1 - 1e-12, -reverse_kl(log_p, log_q))]:
        _, _, found = gradients(generalised_js, log_p, log_q, pi)
        np.testing.assert_allclose(found, slope, rtol=1e-6)


def test_with_the_weight_of_q_it_is_divided_by_that_weight():
    log_p, log_q = log(np.array([0.2, 0.3, 0.5])), log(np.array([0.5, 0.4, 0.1]))
    small = 2.0**-40  # so that 1 - small is exact
    found = generalised_js(log_p, log_q, 1 - small) / small
    np.testing.assert_allclose(found, reverse_kl(log_p, log_q), rtol=1e-6)


@given(tables())
@quick
def test_the_expected_surprise_is_least_at_the_point_mass_on_the_mode(table):
    """-E_Q[log P] = KL[Q‖P] + H(Q): its least value is -log max P, and KL[Q‖P] has its at P."""
    p, q = table

    def surprise(q):
        return float(reverse_kl(log(p), log(q))) + scipy.stats.entropy(q)

    mode = np.eye(len(p))[np.argmax(p)]
    np.testing.assert_allclose(surprise(mode), -log(p.max()), rtol=1e-10, atol=1e-14)
    assert surprise(q) >= surprise(mode) - 1e-12
    assert reverse_kl(log(p), log(p)) == 0 <= reverse_kl(log(p), log(mode))


def test_swapped_weights_would_be_found_out():
    p, q = np.array([1.0, 0.0]), np.array([0.5, 0.5])
    assert abs(definition(p, q, 0.9) - definition(p, q, 0.1)) > 0.01
    for pi in (0.1, 0.9):
        np.testing.assert_allclose(generalised_js(log(p), log(q), pi), definition(p, q, pi))


def test_averaged_log_probabilities_would_be_found_out():
    p, q, pi = P[:4] / P[:4].sum(), Q[:4] / Q[:4].sum(), 0.3
    log_m = scipy.special.log_softmax(pi * log(p) + (1 - pi) * log(q))
    averaged = pi * (p * (log(p) - log_m)).sum() + (1 - pi) * (q * (log(q) - log_m)).sum()
    np.testing.assert_allclose(generalised_js(log(p), log(q), pi), definition(p, q, pi))
    assert abs(averaged - definition(p, q, pi)) > 0.01


def test_a_clamped_weight_would_be_found_out():
    at = {pi: float(generalised_js(log(P[:4]), log(Q[:4]), pi)) for pi in (1e-12, 1e-9)}
    np.testing.assert_allclose(at[1e-12] / at[1e-9], 1e-3, rtol=1e-6)


def test_clamped_probabilities_would_be_found_out():
    log_p = log(np.array([0.5, 0.5]))
    for log_epsilon in (-40.0, -600.0, -800.0):
        log_q, expected = np.array([0.0, log_epsilon]), -np.log(2) - log_epsilon / 2
        np.testing.assert_allclose(kl(log_p, log_q), expected, rtol=1e-12)
    for log_epsilon in (-40.0, -600.0):
        log_q, expected = np.array([0.0, log_epsilon]), -np.log(2) - log_epsilon / 2
        found = generalised_js(log_p, log_q, 1e-300, "normalised")
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_impossible_outcomes_make_the_kls_infinite_and_leave_js_finite():
    assert kl(log(P), log(Q)) == np.inf
    assert reverse_kl(log(P), log(Q)) == np.inf
    for pi in WEIGHTS:
        np.testing.assert_allclose(
            generalised_js(log(P), log(Q), pi), float(exact_js(P, Q, pi)), rtol=1e-12
        )


def gradients(function, *arguments):
    arguments = [tf.constant(argument, tf.float64) for argument in arguments]
    with tf.GradientTape() as tape:
        tape.watch(arguments)
        value = function(*arguments)
    return [gradient.numpy() for gradient in tape.gradient(value, arguments)]


def exact_gradients(log_p, log_q, pi, scale):
    """By differences in fifty digits, with respect to each log-probability and to pi."""

    def along(index, part):
        def value(x):
            moved = [list(map(mpmath.mpf, log_p)), list(map(mpmath.mpf, log_q))]
            moved[part][index] = x
            return exact_js(*([mpmath.exp(y) for y in part] for part in moved), pi, scale)

        return float(mpmath.diff(value, (log_p, log_q)[part][index]))

    p, q = to_mpmath(log_p), to_mpmath(log_q)
    by_table = [[along(i, part) for i in range(len(log_p))] for part in (0, 1)]
    return [*by_table, float(mpmath.diff(lambda x: exact_js(p, q, x, scale), mpmath.mpf(pi)))]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("pi", WEIGHTS)
def test_gradients_are_the_derivatives(pi, scale):
    log_p, log_q = log(np.array([[0.6, 0.3, 0.0999, 0.0001], [0.3, 0.29, 0.01, 0.4]]))

    def function(*arguments):
        return generalised_js(*arguments, scale=scale)

    found = gradients(function, log_p, log_q, pi)
    for gradient, expected in zip(found, exact_gradients(log_p, log_q, pi, scale), strict=True):
        np.testing.assert_allclose(gradient, expected, rtol=1e-9, atol=0)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("jit_compile", [False, True])
def test_compiled_it_gives_the_same_values_and_gradients(jit_compile, scale):
    log_p, log_q, pi = log(np.stack([P] * 7)), log(np.stack([Q] * 7)), np.array(WEIGHTS)

    def value_and_gradients(*arguments):
        with tf.GradientTape() as tape:
            tape.watch(arguments)
            value = generalised_js(*arguments, scale=scale)
        return value, *tape.gradient(value, arguments)

    arguments = [tf.constant(argument) for argument in (log_p, log_q, pi)]
    traced = tf.function(value_and_gradients, jit_compile=jit_compile)(*arguments)
    for one, other in zip(value_and_gradients(*arguments), traced, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-300)


@pytest.mark.parametrize("pi", WEIGHTS)
def test_gradients_at_impossible_outcomes_are_zero(pi):
    for_p, for_q, for_pi = gradients(generalised_js, log(P), log(Q), pi)
    weight = mpmath.mpf(pi)
    expected = [  # π p log(p/m)
        float(weight * p * mpmath.log(p / (weight * p + (1 - weight) * q))) if p else 0.0
        for p, q in zip(to_mpmath(log(P)), to_mpmath(log(Q)), strict=True)
    ]
    np.testing.assert_allclose(for_p, expected, rtol=1e-11, atol=0)
    np.testing.assert_array_equal(for_p[P == 0], 0)
    np.testing.assert_array_equal(for_q[Q == 0], 0)
    assert np.isfinite(for_pi)


def test_gradients_of_kl_at_impossible_outcomes():
    p, q = np.array([0.5, 0.5, 0.0, 0.0]), np.array([0.25, 0.25, 0.5, 0.0])
    for_p, for_q = gradients(kl, log(p), log(q))
    np.testing.assert_allclose(for_p, [np.log(2) / 2, np.log(2) / 2, 0, 0], rtol=1e-12)
    np.testing.assert_allclose(for_q, q - p, rtol=1e-12)


def test_gradients_through_a_softmax_are_the_cross_entropys():
    logits = np.array([1.0, -2.0, 0.5])
    p = np.array([0.2, 0.3, 0.5])
    (gradient,) = gradients(lambda x: kl(log(p), tf.nn.log_softmax(x)), logits)
    np.testing.assert_allclose(gradient, scipy.special.softmax(logits) - p, rtol=1e-12)


@pytest.mark.parametrize("pi", [1e-12, 1 - 1e-12])
def test_normalised_gradients_stay_of_the_size_of_the_kls(pi):
    logits = np.array([1.0, -2.0, 0.5])
    log_p = log(np.array([0.2, 0.3, 0.5]))
    limit = kl if pi < 0.5 else reverse_kl
    (found,) = gradients(
        lambda x: generalised_js(log_p, tf.nn.log_softmax(x), pi, "normalised"), logits
    )
    (expected,) = gradients(lambda x: limit(log_p, tf.nn.log_softmax(x)), logits)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("pi", [*WEIGHTS, 1e-30])
def test_single_precision_inputs_keep_their_type_and_a_fine_weight(pi):
    p, q = np.array([0.5, 0.25, 0.25]), np.array([0.25, 0.25, 0.5])
    for scale in SCALES:
        value = generalised_js(log(p).astype("float32"), log(q).astype("float32"), pi, scale)
        assert value.dtype == tf.float32
        np.testing.assert_allclose(value, float(exact_js(p, q, pi, scale)), rtol=1e-6, atol=0)


def test_it_does_not_overflow_in_single_precision():
    log_p = np.array([0.0, -200.0, -np.inf, -1e9], "float32")
    log_q = np.array([-200.0, 0.0, -1e9, -np.inf], "float32")
    for pi in WEIGHTS:
        np.testing.assert_allclose(generalised_js(log_p, log_q, pi, "bounded"), 1, rtol=1e-6)
    np.testing.assert_allclose(kl(log_p[:2], log_q[:2]), 200, rtol=1e-6)


def test_pi_broadcasts_over_the_batch():
    rng = np.random.default_rng(0)
    log_p, log_q = scipy.special.log_softmax(rng.normal(size=(2, 4, 3, 5)), axis=-1)
    pi = rng.uniform(size=(4, 1))
    together = generalised_js(log_p, log_q, pi)
    assert together.shape == (4, 3)
    for i in range(4):
        one_by_one = [generalised_js(log_p[i, j], log_q[i, j], pi[i, 0]) for j in range(3)]
        np.testing.assert_allclose(together[i], one_by_one, rtol=1e-14)
    several = generalised_js(log_p[0, 0], log_q[0, 0], pi[:, 0])
    assert several.shape == (4,)
    np.testing.assert_allclose(several[2], generalised_js(log_p[0, 0], log_q[0, 0], pi[2, 0]))


DIVERGENCES = [kl, reverse_kl, lambda p, q: generalised_js(p, q, 0.5)]


@pytest.mark.parametrize("divergence", DIVERGENCES)
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((1, 2), (1, 1)),
        ((2, 3, 5), (2, 3, 1)),
        ((2, 3, 5), (3, 5)),
        ((2, 3, 5), (2, 1, 5)),
        ((), ()),
    ],
)
def test_shapes_that_differ_are_refused(divergence, one, other):
    for shapes in [(one, other), (other, one)]:
        with pytest.raises(ValueError, match="one shape") as raised:
            divergence(*map(np.zeros, shapes))
        assert all(str(list(shape)) in str(raised.value) for shape in shapes)


@pytest.mark.parametrize("divergence", DIVERGENCES)
@pytest.mark.parametrize("unknown", [[None, 4], [None, None], None])
def test_shapes_that_are_known_only_later_are_compared_then(divergence, unknown):
    log_p, log_q = log(np.array([[P[:4], Q[:4]], [Q[:4], P[:4]]]))
    traced = tf.function(divergence, input_signature=[tf.TensorSpec(unknown, tf.float64)] * 2)
    np.testing.assert_allclose(traced(log_p, log_q), divergence(log_p, log_q), rtol=1e-12)
    with pytest.raises(tf.errors.InvalidArgumentError, match="one shape"):
        traced(log_p, log_q[:1])


@pytest.mark.parametrize("pi", [0, 1, 0.0, 1.0, -0.1, 1.5, float("nan"), float("inf")])
@pytest.mark.parametrize(
    "kind", [lambda x: x, np.float32, np.array, tf.constant, tf.Variable, lambda x: [0.5, x]]
)
def test_a_pi_that_is_no_weight_is_refused(pi, kind):
    with pytest.raises(ValueError, match=r"0 is kl\(log_p, log_q\), .* 1 is reverse_kl"):
        generalised_js(log(P), log(Q), kind(pi))


def test_a_constant_pi_is_refused_when_a_graph_is_traced():
    with pytest.raises(ValueError, match="received 0"):
        tf.function(lambda: generalised_js(log(P), log(Q), 0.0))()


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("scale", SCALES)
def test_a_pi_known_only_later_gives_nan(jit_compile, scale):
    @tf.function(jit_compile=jit_compile)
    def traced(pi):
        return generalised_js(log(P[:3]), log(Q[:3]), pi, scale)

    values = traced(tf.constant([0.0, 0.5, 1.0, -1.0, 2.0], tf.float64))
    np.testing.assert_array_equal(np.isnan(values), [True, False, True, True, True])


def test_a_keras_variable_is_a_pi():
    pi = keras.Variable(0.25, dtype="float32")
    assert generalised_js(log(P), log(Q), pi) == generalised_js(log(P), log(Q), 0.25)


def test_an_unknown_scale_is_refused():
    with pytest.raises(ValueError, match="'raw', 'normalised' or 'bounded'; received 'nats'"):
        generalised_js(log(P), log(Q), 0.5, "nats")


@pytest.mark.parametrize("pi", [*WEIGHTS, 1e-300])
def test_binary_entropy_is_accurate_at_the_ends(pi):
    x = mpmath.mpf(pi)
    expected = -x * mpmath.log(x) - (1 - x) * mpmath.log1p(-x)
    np.testing.assert_allclose(binary_entropy(pi), float(expected), rtol=1e-14, atol=0)


def test_binary_entropy_at_special_points():
    np.testing.assert_allclose(
        binary_entropy([0.0, 0.5, 1.0]), [0, np.log(2), 0], rtol=1e-15, atol=0
    )
    assert np.isnan(binary_entropy([-0.1, 1.1])).all()
    assert binary_entropy(tf.constant(0.5)).dtype == tf.float32


def test_the_examples_in_the_docstrings():
    assert doctest.testmod(exact) == (0, 2)
