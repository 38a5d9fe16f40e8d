"""Beam search against the enumeration of all texts."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from zoo import domains, samplers, spec
from zoo.tokenizers.vocabulary import Vocabulary

LENGTH = 4


@pytest.fixture(scope="module", params=[True, False], ids=["with end", "without end"])
def model(request):
    tokens = ["<unknown>", "<end>", "a", "b"] if request.param else ["0", "1", "2"]
    domain = domains.Text(Vocabulary(tokens, "word"), LENGTH, contiguous=False)
    model = spec.build("models", "lstm(units=8)", domain)
    for number, variable in enumerate(model.trainable_variables):
        variable.assign(3 * tf.random.stateless_normal(variable.shape, [7, number]))
    return model


def every_text(vocabulary):
    """All texts of the model without the unknown token, closed and filled up by the end."""
    known = [n for n in range(vocabulary.size) if n != vocabulary.unknown]
    texts = np.array(list(itertools.product(known, repeat=LENGTH)), np.int32)
    ended = np.cumsum(texts == vocabulary.end, axis=-1) > 0
    return np.unique(np.where(ended, vocabulary.end, texts), axis=0)


def beam_search(model, *arguments):
    return samplers.beam_search(model.network, model.sequence.vocabulary, *arguments)


def search(model, width, batch=1):
    return beam_search(model, model.starts(batch), width, LENGTH)


def test_a_beam_that_holds_everything_sorts_all_texts_by_probability(model):
    texts = every_text(model.sequence.vocabulary)
    nats = model.log_prob(tf.constant(texts)).numpy()
    found = search(model, len(texts))
    order = np.argsort(-nats, kind="stable")
    np.testing.assert_allclose(found.log_prob[0], nats[order], atol=1e-4)
    np.testing.assert_allclose(model.log_prob(found.tokens[0]), found.log_prob[0], atol=1e-4)
    assert len(np.unique(found.tokens[0], axis=0)) == len(texts)


def test_a_beam_of_one_is_greedy(model):
    greedy = model.generate(tf.constant([0], tf.int64), spec.build("samplers", "greedy"))
    found = search(model, 1)
    np.testing.assert_array_equal(found.tokens[0], greedy.tokens)
    np.testing.assert_allclose(found.log_prob[0], greedy.log_prob, atol=1e-5)


def test_prompts_are_kept_and_cost_nothing(model):
    vocabulary = model.sequence.vocabulary
    first = vocabulary.size - 1
    texts = every_text(vocabulary)
    texts = texts[texts[:, 0] == first]
    nats = model.log_prob(tf.constant(texts)) - model.log_prob(tf.constant([[first]]))
    prompts, lengths = tf.constant([[0, 0], [first, 0]]), tf.constant([0, 1])
    found = beam_search(model, model.starts(2), 40, LENGTH, prompts, lengths)
    count = len(texts)
    assert (found.tokens[1, :count, 0].numpy() == first).all()
    np.testing.assert_allclose(found.log_prob[1, :count], np.sort(nats)[::-1], atol=1e-4)
    np.testing.assert_allclose(found.log_prob[0], search(model, 40).log_prob[0], atol=1e-5)


def test_rows_do_not_mix(model):
    alone, together = search(model, 3), search(model, 3, batch=4)
    for row in range(4):
        np.testing.assert_array_equal(together.tokens[row], alone.tokens[0])
        np.testing.assert_allclose(together.log_prob[row], alone.log_prob[0], atol=1e-5)


def test_fewer_texts_than_the_beam_is_wide_leave_it_empty(model):
    found = search(model, len(every_text(model.sequence.vocabulary)) + 5)
    assert np.isneginf(found.log_prob[0, -5:]).all()
