"""The table: a row for every prefix, so that it can be any distribution."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from zoo import domains, spec
from zoo.errors import SpecError
from zoo.runs import sampling
from zoo.tokenizers.vocabulary import END, UNKNOWN, Vocabulary

SIZE, LENGTH = 3, 4


@pytest.fixture
def domain():
    """Texts of four of the tokens a, b, c, without unknown and end."""
    return domains.Text(Vocabulary(["a", "b", "c"], "character"), LENGTH, contiguous=False)


@pytest.fixture
def model(domain):
    model = spec.build("models", "table", domain)
    model.network.logits.assign(tf.random.stateless_normal(model.network.logits.shape, [1, 2]))
    return model


EVERY = np.array(list(itertools.product(range(SIZE), repeat=LENGTH)), np.int32)


def test_it_begins_uniform(domain):
    log_prob = spec.build("models", "table", domain).log_prob(EVERY)
    np.testing.assert_allclose(log_prob, np.full(len(EVERY), -LENGTH * np.log(SIZE)), rtol=1e-6)


def test_every_prefix_has_a_row_of_its_own(model):
    """Reading a prefix ends at its row; all rows are reached, each by one prefix."""
    rows = []
    for length in range(LENGTH):
        prefixes = np.array(list(itertools.product(range(SIZE), repeat=length)), np.int32)
        prefixes = prefixes.reshape(SIZE**length, length)
        state = model.network.initial_state(len(prefixes))
        start = np.full(len(prefixes), model.domain.vocabulary.start)
        for token in [start, *prefixes.T]:
            _, state = model.network.step(tf.constant(token, tf.int32), state)
        rows += state.numpy().tolist()
    assert sorted(rows) == list(range(model.network.logits.shape[0]))


def test_it_can_be_any_distribution(model):
    """A random table of all texts, written into the logits row by row."""
    joint = np.random.default_rng(0).dirichlet(np.ones(SIZE**LENGTH)).reshape([SIZE] * LENGTH)
    rows = [
        np.log(joint.sum(axis=tuple(range(t + 1, LENGTH)))).reshape(-1, SIZE) for t in range(LENGTH)
    ]
    model.network.logits.assign(np.concatenate(rows))
    np.testing.assert_allclose(np.exp(model.log_prob(EVERY)), joint.ravel(), rtol=1e-5)


def test_one_step_at_a_time_equals_the_whole_text(model):
    inputs = model.shift(EVERY)
    whole, last = model.network.run(inputs, model.network.initial_state(len(EVERY)))
    state = model.network.initial_state(len(EVERY))
    for time in range(LENGTH):
        logits, state = model.network.step(inputs[:, time], state)
        np.testing.assert_array_equal(logits, whole[:, time])
    np.testing.assert_array_equal(state, last)


def test_beyond_the_length_the_last_tokens_decide(model):
    """Two texts that differ in their first five tokens only are continued alike."""
    first, second = [0, 1, 2, 2, 1], [2, 2, 0, 1, 0]
    tokens = tf.constant([[*begin, 1, 0, 2, 1] for begin in (first, second)])
    logits = model.network(tokens).numpy()
    np.testing.assert_array_equal(logits[0, 7:], logits[1, 7:])
    assert np.all(logits[0, 6] != logits[1, 6])
    start = tf.constant([[model.domain.vocabulary.start, 1, 0, 2]])
    np.testing.assert_array_equal(model.network(start)[0, 3], logits[0, 7])


def test_samples_follow_it_and_have_the_data_s_length(model):
    """Each text's share among 20,000 samples, within 5 standard errors of its probability."""
    count = 20_000
    drawn = model.generate(tf.range(count, dtype=tf.int64), spec.build("samplers", "ancestral"))
    shares = np.bincount(drawn.tokens.numpy() @ SIZE ** np.arange(LENGTH)[::-1], minlength=81)
    expected = np.exp(model.log_prob(EVERY).numpy())
    errors = np.sqrt(expected * (1 - expected) / count)
    assert np.max(np.abs(shares / count - expected) / errors) < 5
    np.testing.assert_array_equal(drawn.num_tokens, LENGTH)
    np.testing.assert_allclose(drawn.log_prob[:50], model.log_prob(drawn.tokens[:50]), atol=1e-5)


DRAWN = {  # each text's probability, where tokens a, b and the end have 3, 2 and 1 of 6
    "ancestral()": {"": 1 / 6, "a": 3 / 36, "b": 2 / 36, "aa": 9 / 36, "ab": 6 / 36}
    | {"ba": 6 / 36, "bb": 4 / 36},
    "greedy()": {"aa": 1.0},
    "top_k(k=2)": {"aa": 0.36, "ab": 0.24, "ba": 0.24, "bb": 0.16},
    "nucleus(p=0.4)": {"aa": 1.0},
    "temperature(temperature=0.5)": {"": 1 / 14, "a": 9 / 196, "b": 4 / 196, "aa": 81 / 196}
    | {"ab": 36 / 196, "ba": 36 / 196, "bb": 16 / 196},
}


@pytest.mark.parametrize("sampler", DRAWN)
def test_log_prob_with_a_sampler_is_of_what_is_drawn_with_it(sampler):
    """Unknown has .4, the end .1, a .3, b .2: what is never drawn is excluded before the rest."""
    domain = domains.Text(Vocabulary([UNKNOWN, END, "a", "b"], "character"), 2, False)
    model, count = spec.build("models", "table", domain), 4000
    model.network.logits.assign(np.log([[0.4, 0.1, 0.3, 0.2]] * 5))
    texts = [[1, 1], *itertools.product([2, 3], [1, 2, 3]), [0, 1], [2, 0], [0, 0]]
    texts = np.array(texts, np.int32)
    change = spec.build("samplers", sampler)
    found = np.exp(model.log_prob(texts, sampler=change))
    expected = [DRAWN[sampler].get("".join(" .ab"[i] for i in t).rstrip("."), 0) for t in texts]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    np.testing.assert_allclose(found.sum(), 1, rtol=1e-5)
    drawn = model.generate(tf.range(count, dtype=tf.int64), change).tokens.numpy()
    shares = (drawn[:, None] == texts).all(axis=-1).mean(axis=0)
    assert np.sum(shares) == 1
    assert (np.abs(shares - expected) <= 5 * np.sqrt(found * (1 - found) / count) + 1e-6).all()
    own = np.exp(model.log_prob(texts))
    np.testing.assert_allclose(own[[0, 2, 7]], [0.1, 0.09, 0.04], rtol=1e-5)


def test_a_prompt_is_continued_and_one_that_cannot_be_read_refused(model):
    drawn = sampling.texts(model, 5, prompt="cb")
    assert all(len(text) == LENGTH and text[:2] == "cb" for text in drawn)
    with pytest.raises(SpecError, match=r"The prompt 'c!' has tokens .*, which has 'a', 'b', 'c'"):
        sampling.texts(model, 5, prompt="c!")


def test_texts_that_end_are_texts_too(letters):
    model = spec.build("models", "table", letters)
    model.network.logits.assign(tf.random.stateless_normal(model.network.logits.shape, [3, 4]))
    rows = itertools.product(range(letters.vocabulary.size), repeat=letters.length)
    end = letters.vocabulary.end
    closed = [r for r in rows if all(b == end for a, b in itertools.pairwise(r) if a == end)]
    total = np.exp(model.log_prob(np.array(closed, np.int32))).sum()
    np.testing.assert_allclose(total, 1, rtol=1e-5)


def test_what_is_too_large_to_write_down_is_refused(letters):
    large = domains.Text(letters.vocabulary, length=9, contiguous=False)  # 5^9 = 1,953,125
    with pytest.raises(SpecError, match=r"more than 1,000,000\. Use a model that is no table"):
        spec.build("models", "table", large)
