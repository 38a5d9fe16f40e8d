"""The LSTM language model: a distribution, with the gradient of its formula."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import samplers, spec
from zoo.errors import SpecError
from zoo.models.layers.lstm import LSTMLayer, lstm


@pytest.fixture(params=["lstm(units=7, layers=2)", "lstm(units=6, layers=1, tied=True)"])
def model(request, letters):
    keras.utils.set_random_seed(1)
    model = spec.build("models", request.param, letters)
    for variable in model.trainable_variables:  # far from uniform, biases included
        variable.assign_add(tf.random.stateless_normal(variable.shape, [3, 4]) / 2)
    return model


def sequences(letters):
    """Every text of the domain, closed and filled up by the end symbol."""
    end, size = letters.vocabulary.end, letters.vocabulary.size
    rows = itertools.product(range(size), repeat=letters.length)
    return np.array(
        [row for row in rows if all(b == end for a, b in itertools.pairwise(row) if a == end)],
        np.int32,
    )


def test_probabilities_sum_to_one_over_all_texts(model, letters):
    every = sequences(letters)
    assert len(every) == 1 + 4 + 16 + 64 + 256
    np.testing.assert_allclose(np.exp(model.log_prob(every)).sum(), 1, rtol=1e-5)


def test_one_step_at_a_time_equals_the_whole_sequence(model, letters):
    tokens = sequences(letters)[::17]
    whole = model(model.shift(tokens)).numpy()
    state = model.initial_state(len(tokens))
    for time, column in enumerate(model.shift(tokens).numpy().T):
        logits, state = model.step(tf.constant(column), state)
        np.testing.assert_allclose(logits, whole[:, time], atol=1e-5)


def test_a_sequence_in_two_pieces_equals_the_whole(model, letters):
    inputs = model.shift(sequences(letters)[::17])
    first, state = model.run(inputs[:, :3], model.initial_state(len(inputs)))
    second, _ = model.run(inputs[:, 3:], state)
    np.testing.assert_allclose(tf.concat([first, second], axis=1), model(inputs), atol=1e-5)


def test_samples_follow_the_model(model, letters):
    """Each text's share among 20,000 samples, within 5 standard errors of its probability."""
    every, count = sequences(letters), 20_000
    drawn = model.generate(tf.range(count, dtype=tf.int64), spec.build("samplers", "ancestral"))
    places = {tuple(row): number for number, row in enumerate(every)}
    shares = np.bincount([places[tuple(r)] for r in drawn.tokens.numpy()], minlength=len(every))
    # The unknown symbol is never drawn: what is left is drawn in proportion at every step.
    unknown = letters.vocabulary.unknown
    logits = model(model.shift(every)).numpy().astype(np.float64)
    logits[..., unknown] = -np.inf
    logs = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    picked = np.take_along_axis(logs, every[..., None], axis=-1)[..., 0]
    expected = np.exp(np.where(model.weights_of(every) > 0, picked, 0).sum(axis=-1))
    errors = np.sqrt(expected * (1 - expected) / count) + 1e-12
    assert np.max(np.abs(shares / count - expected) / errors) < 5


def test_log_prob_of_samples_is_the_models_own(model):
    seeds = tf.range(50, dtype=tf.int64)
    drawn = model.generate(seeds, spec.build("samplers", "temperature(temperature=0.5)"))
    np.testing.assert_allclose(drawn.log_prob, model.log_prob(drawn.tokens), atol=1e-5)
    np.testing.assert_array_equal(drawn.num_tokens, model.weights_of(drawn.tokens).numpy().sum(-1))


def test_a_prompt_is_kept_and_not_counted(model):
    prompt, lengths = tf.constant([[2, 3], [4, 4]]), tf.constant([2, 1])
    seeds = tf.constant([5, 6], tf.int64)
    drawn = model.generate(seeds, lambda logits: logits, 4, prompt, lengths)
    np.testing.assert_array_equal(drawn.tokens[0, :2], [2, 3])
    assert drawn.tokens[1, 0] == 4
    for row, length in enumerate([2, 1]):
        whole = model.log_prob(drawn.tokens[row : row + 1])[0]
        cut = model.log_prob(drawn.tokens[row : row + 1, :length])[0]
        np.testing.assert_allclose(drawn.log_prob[row], whole - cut, atol=1e-5)


def test_rows_do_not_depend_on_their_neighbours(model):
    seeds = tf.constant([3, 1 << 40, -7], tf.int64)
    together = model.generate(seeds, lambda logits: logits)
    for row in range(3):
        alone = model.generate(seeds[row : row + 1], lambda logits: logits)
        np.testing.assert_array_equal(alone.tokens[0], together.tokens[row])


def test_greedy_takes_the_most_likely_symbol(model, letters):
    drawn = model.generate(tf.constant([0], tf.int64), spec.build("samplers", "greedy")).tokens
    logits = model(model.shift(drawn)).numpy()[0]
    logits[:, letters.vocabulary.unknown] = -np.inf
    counted = model.weights_of(drawn)[0].numpy() > 0
    np.testing.assert_array_equal(np.argmax(logits, axis=-1)[counted], drawn[0][counted])


def test_dropout_is_drawn_by_the_key_and_off_without(letters):
    model = spec.build("models", "lstm(units=32, dropout=0.5)", letters)
    inputs = model.shift(sequences(letters)[:5])
    key = tf.constant([1, 2], tf.int64)
    np.testing.assert_array_equal(model(inputs, key=key), model(inputs, key=key))
    assert np.abs(model(inputs, key=key) - model(inputs, key=key + 1)).max() > 1e-3
    np.testing.assert_array_equal(model(inputs), model(inputs))


def test_in_mixed_precision_calls_are_in_bfloat16_and_samples_in_float32(letters):
    """While such a model trains, samples are drawn from it too."""
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        keras.utils.set_random_seed(0)
        model = spec.build("models", "lstm(units=16, dropout=0.1)", letters)
    finally:
        keras.config.set_dtype_policy("float32")
    inputs, key = model.shift(sequences(letters)[:50]), tf.constant([1, 2], tf.int64)
    logits = model(inputs)
    exact, _ = model.run(inputs, model.initial_state(50))
    assert logits.dtype == tf.float32
    assert 0 < np.abs(logits - exact).max() < 0.01  # bfloat16 has 8 bits
    stepwise = model(inputs, key=key, replace=lambda t, real, logits: real)
    np.testing.assert_allclose(stepwise, model(inputs, key=key), atol=0.01)
    drawn = model.generate(tf.range(5, dtype=tf.int64), lambda logits: logits)
    np.testing.assert_allclose(drawn.log_prob, model.log_prob(drawn.tokens), atol=0.05)


def test_recurrence_and_its_gradient_equal_keras():
    """Against keras.layers.LSTM, whose gates come in the same order i, f, g, o."""
    keras.utils.set_random_seed(0)
    inputs = tf.random.stateless_normal([3, 6, 4], [1, 1])  # [batch, time, features]
    reference = keras.layers.LSTM(5, return_sequences=True, return_state=True)
    weight = tf.random.stateless_normal([3, 6, 5], [1, 2])
    reference.build(inputs.shape)
    layer = LSTMLayer(5, name="layer")
    layer.build((None, 4))
    for mine, its in zip(layer.variables, reference.trainable_variables, strict=True):
        mine.assign(its)
    start = [tf.random.stateless_normal([3, 5], [2, number]) for number in range(2)]

    def loss(outputs, hidden, cell):
        return tf.reduce_sum(outputs * weight) + tf.reduce_sum(hidden - 2 * cell)

    with tf.GradientTape(persistent=True) as tape:
        tape.watch([inputs, *start])
        outputs, *last = layer.recur(layer.project(tf.transpose(inputs, [1, 0, 2])), *start)
        outputs = tf.transpose(outputs, [1, 0, 2])
        mine = loss(outputs, *last)
        expected, *its_last = reference(inputs, initial_state=start)
        its = loss(expected, *its_last)
    np.testing.assert_allclose(outputs, expected, atol=1e-6)
    pairs = zip(
        tape.gradient(mine, [*layer.trainable_variables, inputs, *start]),
        tape.gradient(its, [*reference.trainable_variables, inputs, *start]),
        strict=True,
    )
    for gradient, its_gradient in pairs:
        np.testing.assert_allclose(gradient, its_gradient, rtol=1e-4, atol=1e-5)


def test_the_gradient_holds_under_xla_and_in_float64():
    projected = tf.random.stateless_normal([4, 2, 12], [0, 1], dtype=tf.float64)
    kernel = tf.random.stateless_normal([3, 12], [0, 2], dtype=tf.float64)
    zeros = tf.zeros([2, 3], tf.float64)

    @tf.function(jit_compile=True)
    def gradients():
        with tf.GradientTape() as tape:
            tape.watch(kernel)
            value = tf.reduce_sum(lstm(projected, kernel, zeros, zeros)[0] ** 2)
        return tape.gradient(value, kernel)

    def value(change):
        return tf.reduce_sum(lstm(projected, kernel + change, zeros, zeros)[0] ** 2)

    found, small = gradients(), 1e-6
    for row, column in ((0, 0), (1, 5), (2, 11)):
        step = (
            small
            * tf.one_hot(row, 3, dtype=tf.float64)[:, None]
            * tf.one_hot(column, 12, dtype=tf.float64)
        )
        difference = (value(step) - value(-step)) / (2 * small)
        np.testing.assert_allclose(found[row, column], difference, rtol=1e-6)


def test_drawing_inverts_the_distribution_function():
    logits = tf.math.log([[0.2, 0.0, 0.5, 0.3]] * 6)
    uniform = tf.constant([0.0, 0.19, 0.21, 0.69, 0.71, 1 - 2**-23])
    np.testing.assert_array_equal(samplers.draw(logits, uniform), [0, 0, 2, 2, 3, 3])


@pytest.mark.parametrize("wrong", ["units=0", "layers=0", "dropout=1.0", "dropout=-0.1"])
def test_impossible_sizes_are_refused(wrong, letters):
    with pytest.raises(SpecError, match="should be at least"):
        spec.build("models", f"lstm({wrong})", letters)
