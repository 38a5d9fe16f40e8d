"""Keys, Threefry by its known answers, and draws that are equal with and without XLA."""

import itertools

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from zoo import randomness


def test_a_key_depends_on_seed_step_and_purpose_alone():
    cases = list(itertools.product((0, 1, 2**40), (0, 1, 10**6), ("a", "b")))
    keys = {case: tuple(randomness.key(*case).numpy()) for case in cases}
    assert len(set(keys.values())) == len(cases)
    in_graph = tf.function(lambda step: randomness.key(1, step, "a"))
    assert tuple(in_graph(tf.constant(10**6, tf.int64)).numpy()) == keys[1, 10**6, "a"]


def test_folds_differ():
    key = randomness.key(0, 0, "x")
    folded = {tuple(randomness.fold(key, number).numpy()) for number in range(100)}
    assert len(folded) == 100


def test_rows_do_not_depend_on_their_neighbours():
    seeds = tf.constant([5, -3, 2**62], tf.int64)
    together = randomness.rows(randomness.normal, seeds, "x", [4])
    for number in range(3):
        alone = randomness.rows(randomness.normal, seeds[number : number + 1], "x", [4])
        np.testing.assert_array_equal(alone[0], together[number])


def test_rows_of_neighbouring_seeds_are_independent():
    """Correlations of 2,000 rows, each within 5 standard errors of 0; moments of a normal."""
    count = 2000
    noise = randomness.rows(randomness.normal, tf.range(count, dtype=tf.int64), "x", [3])
    noise = noise.numpy()
    assert np.all(np.abs(noise.mean(axis=0)) < 5 / np.sqrt(count))
    assert np.all(np.abs(noise.var(axis=0) - 1) < 5 * np.sqrt(2 / count))
    for a, b in ((noise[:-1, 0], noise[1:, 0]), (noise[:, 0], noise[:, 1])):
        assert abs(np.corrcoef(a, b)[0, 1]) < 5 / np.sqrt(count)


# key, counter and result of Threefry-2x32-20 in the known-answer file of Random123.
KNOWN_ANSWERS = [
    ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
    ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
]


@pytest.mark.parametrize(("key", "counter", "answer"), KNOWN_ANSWERS)
def test_threefry_gives_the_known_answers(key, counter, answer):
    key, counter = (tuple(tf.constant(word, tf.uint32) for word in pair) for pair in (key, counter))
    assert tuple(int(word) for word in randomness.threefry(key, counter)) == answer


def test_bits_are_threefry_of_the_place_enciphered_by_both_halves_of_the_key():
    key = tf.constant([3 + (5 << 32), -1], tf.int64)
    secret = randomness.threefry(
        tuple(tf.constant(word, tf.uint32) for word in (3, 5)),
        tuple(tf.constant(word, tf.uint32) for word in (2**32 - 1, 2**32 - 1)),
    )
    place = tf.range(3), tf.zeros([3], tf.int32)
    x, y = randomness.threefry(secret, tuple(tf.cast(half, tf.uint32) for half in place))
    np.testing.assert_array_equal(randomness.bits(key, 5), [*x.numpy(), *y.numpy()[:2]])


DRAWS = {
    "uniform": lambda key: randomness.uniform(key, [5, 3]),
    "integers": lambda key: randomness.integers(key, [7], 10),
    "seeds": lambda key: randomness.seeds(key, 7),
    "rows": lambda key: randomness.rows(randomness.uniform, key, "x", [9]),
}


@pytest.mark.parametrize("name", DRAWS)
def test_draws_are_equal_with_xla_bit_for_bit(name):
    key = tf.constant([-(2**63), 2**40 + 1], tf.int64)
    compiled = tf.function(DRAWS[name], jit_compile=True)(key)
    np.testing.assert_array_equal(DRAWS[name](key), compiled)


@pytest.mark.parametrize("shape", [[1], [2], [3]])
def test_draws_are_equal_in_a_graph_of_static_shapes(shape):
    """Where TensorFlow's graph optimizer knows all shapes and rewrites the most."""
    seeds = tf.range(50, dtype=tf.int64)
    in_graph = tf.function(lambda: randomness.rows(randomness.uniform, seeds, "x", shape))()
    given = tf.function(lambda seeds: randomness.rows(randomness.uniform, seeds, "x", shape))
    for drawn in (in_graph, given(seeds)):
        np.testing.assert_array_equal(drawn, randomness.rows(randomness.uniform, seeds, "x", shape))


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("bit", [0, 31, 32, 63])
def test_every_bit_of_a_key_counts(place, bit):
    words = np.zeros(2, np.int64)
    words.view(np.uint64)[place] = np.uint64(1) << np.uint64(bit)
    plain, other = (randomness.bits(tf.constant(key), 64) for key in (np.zeros(2, int), words))
    assert np.mean(plain.numpy() != other.numpy()) > 0.9


DISTRIBUTIONS = {
    "uniform": (randomness.uniform, scipy.stats.uniform),
    "normal": (randomness.normal, scipy.stats.norm),
    "exponential": (randomness.exponential, scipy.stats.expon),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_draws_have_their_distribution(name):
    """Kolmogorov and Smirnov's test at the 0.1 % level, and 32 bits that are half ones."""
    draw, distribution = DISTRIBUTIONS[name]
    drawn = draw(tf.constant([1, 2], tf.int64), [100_000]).numpy()
    assert scipy.stats.kstest(np.float64(drawn), distribution.cdf).pvalue > 0.001
    assert np.isfinite(drawn).all()


def test_bits_are_half_ones():
    """Each of the 32 within 5 standard errors."""
    numbers = randomness.bits(tf.constant([1, 2], tf.int64), 100_001).numpy()
    ones = (numbers[:, None] >> np.arange(32, dtype=np.uint32)) & 1
    assert np.all(np.abs(ones.mean(axis=0) - 0.5) < 5 * 0.5 / np.sqrt(len(numbers)))


def test_integers_are_uniform():
    """Chi-squared at the 0.1 % level."""
    drawn = randomness.integers(tf.constant([1, 2], tf.int64), [60_000], 7).numpy()
    assert scipy.stats.chisquare(np.bincount(drawn, minlength=7)).pvalue > 0.001


def test_rows_differ_by_purpose():
    seeds = tf.constant([1, 2], tf.int64)
    one, other = (randomness.rows(randomness.uniform, seeds, name, [20]) for name in ("a", "b"))
    assert np.all(one.numpy() != other.numpy())
