"""The oracle: what it draws and what it says of it, by NumPy and by enumeration."""

import itertools

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from zoo import spec
from zoo.data import oracle
from zoo.distributions import oracle_lstm
from zoo.errors import DataError
from zoo.tokenizers.vocabulary import ABSENT

TINY = "oracle(vocabulary_size=4, length=4, seed=3, count=20000)"
GATES = ("i", "f", "og", "c")


def build(text):
    return spec.build("data", text, None)


@pytest.fixture(scope="module")
def tiny():
    return build(TINY)


@pytest.fixture
def arrays():
    """Weights of 150 tokens, 5 inputs and 3 units."""
    return weights(150, 5, 3)


def weights(size, inputs, units):
    rng, drawn = np.random.default_rng(0), {}
    drawn["emb"] = rng.normal(size=[size, inputs])
    for gate in GATES:
        drawn |= {f"W{gate}": rng.normal(size=[inputs, units]), f"b{gate}": rng.normal(size=units)}
        drawn[f"U{gate}"] = rng.normal(size=[units, units])
    return drawn | {"Wo": rng.normal(size=[units, size]), "bo": rng.normal(size=size)}


class Reference:
    """The same distribution in NumPy and float64, one text at a time."""

    def __init__(self, arrays):
        self.arrays = {name: np.asarray(array, np.float64) for name, array in arrays.items()}

    def step(self, token, h, c):
        """log P(next token), and the state."""
        a = self.arrays
        gates = [a["emb"][token] @ a["W" + g] + h @ a["U" + g] + a["b" + g] for g in GATES]
        i, f, o = (1 / (1 + np.exp(-gate)) for gate in gates[:3])
        c = f * c + i * np.tanh(gates[3])
        h = o * np.tanh(c)
        logits = h @ a["Wo"] + a["bo"]
        return logits - np.logaddexp.reduce(logits), h, c

    def start(self):
        zeros = np.zeros(len(self.arrays["bi"]))
        return 0, zeros, zeros  # the start token is token 0

    def log_prob(self, text):
        token, h, c = self.start()
        total = 0.0
        for following in text:
            log_p, h, c = self.step(token, h, c)
            total, token = total + log_p[following], following
        return total

    def entropy_of_a_draw(self, length, rng):
        """Σ_t H(x_t | x_{<t}) along a text that is drawn: its mean is H(P)."""
        token, h, c = self.start()
        total = 0.0
        for _ in range(length):
            log_p, h, c = self.step(token, h, c)
            total -= np.exp(log_p) @ log_p
            token = rng.choice(len(log_p), p=np.exp(log_p))
        return total


def test_its_texts_have_one_length_and_no_special_token():
    data = build("oracle(vocabulary_size=70, length=6, count=9)")
    vocabulary = data.domain.vocabulary
    assert vocabulary.tokens == tuple(map(str, range(70)))
    assert vocabulary.unknown == vocabulary.end == ABSENT
    assert (data.domain.length, data.domain.contiguous) == (6, False)
    for split in (data.train, data.validation, data.test):
        assert split.values.shape == (9, 6)
        assert split.values.dtype == np.int32
        assert split.values.max() < 70
        assert not split.exact


def test_the_seed_decides_the_weights_and_the_texts(tiny):
    again, other = build(TINY), build(TINY.replace("seed=3", "seed=4"))
    for name in ("train", "validation", "test"):
        np.testing.assert_array_equal(tiny.split(name).values, again.split(name).values)
    texts = tiny.test.values[:50]
    np.testing.assert_array_equal(tiny.log_prob(texts), again.log_prob(texts))
    assert np.abs(tiny.log_prob(texts) - other.log_prob(texts)).max() > 1


def test_the_parts_are_drawn_apart(tiny):
    """Rows at one place agree as often as independent ones, within 5 standard errors."""
    every = tiny.log_prob(all_texts(4, 4))
    expected = float(tf.reduce_sum(tf.exp(2 * every)))
    error = np.sqrt(expected / 20_000)
    for one, other in itertools.combinations((tiny.train, tiny.validation, tiny.test), 2):
        same = np.mean(np.all(one.values == other.values, axis=-1))
        assert abs(same - expected) < 5 * error


def test_its_weights_are_standard_normal():
    drawn = np.concatenate([array.ravel() for array in oracle.random_weights(500, seed=1).values()])
    assert scipy.stats.kstest(drawn, "norm").pvalue > 1e-4
    assert len(np.unique(drawn)) > 0.99 * len(drawn)  # no array begins another


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_weights_of_a_file_give_the_probabilities_that_numpy_computes(arrays, dtype, tmp_path):
    arrays = {name: array.astype(dtype) for name, array in arrays.items()}
    np.savez(tmp_path / "weights.npz", **arrays)
    data = build(f"oracle(path='{tmp_path}/weights.npz', length=12, count=40)")
    assert data.domain.vocabulary.size == 150
    reference = Reference(arrays)
    expected = [reference.log_prob(text) for text in data.test.values]
    # float32 over 12 tokens, each of which depends on those before.
    np.testing.assert_allclose(data.log_prob(data.test.values), expected, rtol=0, atol=2e-4)


def test_a_file_of_the_random_weights_is_the_random_oracle(tmp_path):
    np.savez(tmp_path / "weights.npz", **oracle.random_weights(70, seed=5))
    random = build("oracle(vocabulary_size=70, seed=5, count=30)")
    for size in ("", "vocabulary_size=70, "):
        read = build(f"oracle({size}path='{tmp_path}/weights.npz', seed=5, count=30)")
        np.testing.assert_array_equal(read.train.values, random.train.values)
        texts = random.test.values
        np.testing.assert_array_equal(read.log_prob(texts), random.log_prob(texts))


def all_texts(size, length):
    return np.array(list(itertools.product(range(size), repeat=length)), np.int32)


def test_probabilities_of_all_texts_have_the_sum_one(tiny):
    np.testing.assert_allclose(np.exp(tiny.log_prob(all_texts(4, 4))).sum(), 1, rtol=1e-5)


def test_texts_come_as_often_as_their_probabilities_say(tiny):
    """A chi-square test of 60,000 draws; texts expected less than five times count as one."""
    p = np.exp(tiny.log_prob(all_texts(4, 4)).numpy().astype(np.float64))
    drawn = np.concatenate([tiny.split(name).values for name in ("train", "validation", "test")])
    seen = np.bincount(drawn @ [64, 16, 4, 1], minlength=256)
    assert chi_square_p_value(seen, p) > 1e-4


def chi_square_p_value(seen, p):
    expected = p / p.sum() * seen.sum()
    rare = expected < 5
    assert np.sum(~rare) > 30
    if rare.any():
        expected = np.append(expected[~rare], expected[rare].sum())
        seen = np.append(seen[~rare], seen[rare].sum())
    return scipy.stats.chisquare(seen, expected).pvalue


def test_draws_from_several_blocks_follow_the_softmax():
    """100,000 draws from 150 tokens, which are three blocks of 64 with 42 that do not occur."""
    logits = 2 * np.random.default_rng(1).normal(size=192).astype(np.float32)
    logits[150:] = -np.inf
    uniform = np.random.default_rng(2).uniform(size=[2, 100_000])
    drawn = oracle_lstm.draw(tf.tile(logits[None], [100_000, 1]), *uniform).numpy()
    seen = np.bincount(drawn, minlength=192)
    assert seen[150:].sum() == 0
    assert chi_square_p_value(seen[:150], np.exp(logits[:150].astype(np.float64))) > 1e-4


def test_the_ends_of_the_noise_draw_tokens_that_occur():
    logits = np.full([4, 128], -np.inf, np.float32)
    logits[:, [3, 70, 90]] = [0.1, 0.2, -8.0]
    low, high = 0.0, 1 - 2.0**-53
    which_block, which_token = np.array([[low, low, high, high], [low, high, low, high]])
    drawn = oracle_lstm.draw(logits, which_block, which_token)
    np.testing.assert_array_equal(drawn, [3, 3, 70, 90])


def test_the_negative_log_likelihood_of_its_texts_is_its_entropy(arrays, tmp_path):
    """Against texts that NumPy draws, within 4 standard errors of both."""
    np.savez(tmp_path / "weights.npz", **arrays)
    data = build(f"oracle(path='{tmp_path}/weights.npz', length=6, count=4000)")
    nats = -data.log_prob(data.train.values).numpy()
    reference, rng = Reference(arrays), np.random.default_rng(4)
    entropies = [reference.entropy_of_a_draw(6, rng) for _ in range(500)]
    error = np.hypot(np.std(nats) / np.sqrt(4000), np.std(entropies) / np.sqrt(500))
    assert abs(np.mean(nats) - np.mean(entropies)) < 4 * error
    assert error < 0.05


def without(name):
    return lambda arrays: arrays.pop(name)


def with_array(name, change):
    return lambda arrays: arrays.update({name: change(arrays[name])})


def with_nan(array):
    array[0] = np.nan
    return array


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (without("bog"), "should have the arrays bog, too"),
        (with_array("Wf", np.transpose), r"Wf in .* float64 \[5, 3\].* it is float64 \[3, 5\]"),
        (with_array("bo", lambda array: array[1:]), r"bo in .*\[150\]"),
        (with_array("emb", lambda array: array[1:]), r"Wo in .* \[3, 149\]"),
        (with_array("emb", np.ravel), "emb and Wo in"),
        (with_array("Ui", lambda array: array.astype(int)), "it is int64"),
        (with_array("bc", with_nan), "bc in .* not finite"),
        (with_array("Uc", lambda array: array.astype(object)), "Cannot read"),
    ],
)
def test_a_damaged_file_is_refused(arrays, damage, words, tmp_path):
    damage(arrays)
    np.savez(tmp_path / "weights.npz", **arrays)
    with pytest.raises(DataError, match=words):
        build(f"oracle(path='{tmp_path}/weights.npz')")


def test_what_is_no_file_of_arrays_is_refused(arrays, tmp_path):
    (tmp_path / "text.npz").write_text("no archive")
    np.save(tmp_path / "one.npy", arrays["emb"])
    for name in ("text.npz", "one.npy", "absent.npz", "."):
        with pytest.raises(DataError, match="Cannot read"):
            build(f"oracle(path='{tmp_path / name}')")


def test_another_vocabulary_size_than_the_file_s_is_refused(arrays, tmp_path):
    np.savez(tmp_path / "weights.npz", **arrays)
    with pytest.raises(DataError, match="has 150 tokens: leave vocabulary_size=7 out"):
        build(f"oracle(path='{tmp_path}/weights.npz', vocabulary_size=7)")


@pytest.mark.parametrize("argument", ["vocabulary_size=0", "length=0", "count=0", "seed=-1"])
def test_numbers_out_of_range_are_refused(argument):
    with pytest.raises(DataError, match=argument):
        build(f"oracle({argument})")
