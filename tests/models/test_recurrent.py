"""What the recurrent models share: a distribution, its samples, and its gradient."""

import functools
import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import domains, spec
from zoo.errors import SpecError
from zoo.models.base import recurrent
from zoo.models.base.network import run_by_steps
from zoo.tokenizers.vocabulary import Vocabulary

KINDS = ["lstm", "gru"]
SPECS = [
    f"{kind}({rest})" for kind in KINDS for rest in ("units=7", "units=6, layers=1, tied=True")
]
KEY = tf.constant([1, 2], tf.int64)
BITS = domains.Image((4, 4, 1), binary=True, num_classes=3)


def build(text, domain):
    """A model far from uniform, biases included."""
    keras.utils.set_random_seed(1)
    model = spec.build("models", text, domain)
    for number, variable in enumerate(model.trainable_variables):
        variable.assign_add(tf.random.stateless_normal(variable.shape, [3, number]) / 2)
    return model


@pytest.fixture(params=SPECS)
def model(request, letters):
    return build(request.param, letters)


def sequences(letters):
    """Every text of the domain, closed and filled up by the end token."""
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


@pytest.mark.parametrize("kind", KINDS)
def test_probabilities_of_each_class_sum_to_one_over_all_images(kind):
    model = build(f"{kind}(units=5, layers=1, patch=[2, 2])", BITS)
    numbers = np.arange(1 << 16)[:, None] >> np.arange(16) & 1
    images = tf.constant(numbers.reshape(-1, 4, 4, 1), tf.float32)
    logs = [model.log_prob(images, tf.fill([len(images)], label)).numpy() for label in range(3)]
    np.testing.assert_allclose(np.exp(logs).sum(axis=1), np.ones(3), rtol=1e-5)
    assert np.abs(logs[0] - logs[1]).max() > 0.1


@pytest.mark.parametrize("few", [True, False])
def test_one_step_at_a_time_equals_the_whole_sequence(model, letters, few, monkeypatch):
    """By both functions for it, and whether the first product is looked up or not."""
    monkeypatch.setattr(recurrent, "PROJECTED_TOKENS", 1000 if few else 1)
    tokens = sequences(letters)[::17]
    whole = model.network(model.shift(tokens)).numpy()
    for step in (model.network.step, model.network.stepper()):
        state = model.network.initial_state(len(tokens))
        for time, column in enumerate(model.shift(tokens).numpy().T):
            logits, state = step(tf.constant(column), state)
            np.testing.assert_allclose(logits, whole[:, time], atol=1e-5)


def test_a_sequence_in_two_pieces_equals_the_whole(model, letters):
    inputs = model.shift(sequences(letters)[::17])
    first, state = model.network.run(inputs[:, :3], model.network.initial_state(len(inputs)))
    second, _ = model.network.run(inputs[:, 3:], state)
    np.testing.assert_allclose(tf.concat([first, second], axis=1), model.network(inputs), atol=1e-5)


def test_logits_are_of_the_last_layer_s_hidden_states(model, letters):
    inputs = model.shift(sequences(letters)[::17])
    hidden, state = model.network.hidden(inputs, model.network.initial_state(len(inputs)))
    assert hidden.shape == (*inputs.shape, model.network.units)
    np.testing.assert_allclose(model.network.logits(hidden), model.network(inputs), atol=1e-6)
    np.testing.assert_array_equal(hidden[:, -1], state[-1][0])


def own_and_automatic(model, inputs, replace=None, dropout=True):
    """Logits, last states and gradients, by the model's `run` and by the loop over its steps."""
    key = KEY if dropout else None
    weights = tf.random.stateless_normal([*inputs.shape, model.sequence.vocabulary.size], [5, 6])

    def computed(run):
        start = tf.nest.map_structure(
            lambda zeros: zeros + 0.3, model.network.initial_state(len(inputs))
        )
        with tf.GradientTape() as tape:
            tape.watch(start)
            logits, last = run(inputs, start, key, replace)
            # Every state in another way, so that none stands for another.
            flat = tf.nest.flatten(last)
            ends = [tf.reduce_sum(end * (n + 1)) for n, end in enumerate(flat)]
            loss = tf.reduce_sum(logits * weights) + tf.add_n(ends)
        return logits, flat, *tape.gradient(loss, [model.trainable_variables, *start])

    both = tf.function(computed)
    automatic = functools.partial(run_by_steps, model.network)
    return both(model.network.run), both(automatic)


def assert_all_close(found, expected, tolerance):
    pairs = zip(tf.nest.flatten(found), tf.nest.flatten(expected), strict=True)
    for mine, its in pairs:
        scale = np.abs(tf.convert_to_tensor(its)).max()
        difference = np.abs(tf.convert_to_tensor(mine) - tf.convert_to_tensor(its)).max()
        assert difference <= tolerance * max(scale, 1)


@pytest.mark.parametrize("few", [True, False])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_those_of_automatic_differentiation(kind, layers, few, letters, monkeypatch):
    """With dropout, of all variables and of the first state, the last state's part included."""
    monkeypatch.setattr(recurrent, "PROJECTED_TOKENS", 1000 if few else 1)
    model = build(f"{kind}(units=5, layers={layers}, dropout=0.3)", letters)
    inputs = model.shift(sequences(letters)[::7])
    assert_all_close(*own_and_automatic(model, inputs), 1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_those_of_automatic_differentiation_where_inputs_are_replaced(kind, letters):
    """By the most likely token at every second time, which both ways agree on."""
    model = build(f"{kind}(units=5, layers=2, dropout=0.3, tied=True)", letters)
    inputs = model.shift(sequences(letters)[::7])

    def replace(t, real, logits):
        likely = tf.argmax(logits, axis=-1, output_type=tf.int32)
        return tf.where(t % 2 == 1, likely, real)

    own, automatic = own_and_automatic(model, inputs, replace)
    assert_all_close(own, automatic, 1e-5)
    read, _ = own_and_automatic(model, inputs)
    changed = np.abs(own[0] - read[0]).max(axis=-1) > 1e-3
    assert changed[:, 1:].mean() > 0.3
    assert not changed[:, 0].any()


@pytest.mark.parametrize("kind", KINDS)
def test_xla_computes_the_same(kind, letters):
    model = build(f"{kind}(units=5, layers=2)", letters)
    inputs = model.shift(sequences(letters)[::7])

    def gradients():
        with tf.GradientTape() as tape:
            logits = model.network(inputs)
            loss = tf.reduce_sum(logits * logits)
        found = tape.gradient(loss, model.trainable_variables)
        return logits, [tf.convert_to_tensor(gradient) for gradient in found]

    assert_all_close(tf.function(gradients, jit_compile=True)(), gradients(), 1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_one_graph_serves_all_lengths_and_batches(kind, letters):
    model, traced = build(f"{kind}(units=5, dropout=0.3)", letters), []

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32)])
    def gradients(inputs):
        traced.append(inputs)
        with tf.GradientTape() as tape:
            logits = model.network(inputs, key=KEY)
        assert logits.shape == (None, None, letters.vocabulary.size)
        return tape.gradient(logits, model.trainable_variables)

    for shape in ([2, 3], [5, 1], [1, 9]):
        found = gradients(tf.ones(shape, tf.int32))
        assert all(np.isfinite(tf.convert_to_tensor(g)).all() for g in found)
    assert len(traced) == 1


def test_samples_follow_the_model(model, letters):
    """Each text's share among 20,000 samples, within 5 standard errors of its probability."""
    every, count = sequences(letters), 20_000
    drawn = model.generate(tf.range(count, dtype=tf.int64), spec.build("samplers", "ancestral"))
    places = {tuple(row): number for number, row in enumerate(every)}
    shares = np.bincount([places[tuple(r)] for r in drawn.tokens.numpy()], minlength=len(every))
    # The unknown token is never drawn: what is left is drawn in proportion at every step.
    unknown = letters.vocabulary.unknown
    logits = model.network(model.shift(every)).numpy().astype(np.float64)
    logits[..., unknown] = -np.inf
    logs = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    picked = np.take_along_axis(logs, every[..., None], axis=-1)[..., 0]
    expected = np.exp(np.where(model.token_mask(every) > 0, picked, 0).sum(axis=-1))
    errors = np.sqrt(expected * (1 - expected) / count) + 1e-12
    assert np.max(np.abs(shares / count - expected) / errors) < 5


def test_log_prob_of_samples_is_the_models_own(model):
    seeds = tf.range(50, dtype=tf.int64)
    drawn = model.generate(seeds, spec.build("samplers", "temperature(temperature=0.5)"))
    np.testing.assert_allclose(drawn.log_prob, model.log_prob(drawn.tokens), atol=1e-5)
    np.testing.assert_array_equal(drawn.num_tokens, model.token_mask(drawn.tokens).numpy().sum(-1))


@pytest.mark.parametrize("kind", KINDS)
def test_classes_and_upper_rows_are_kept_in_images(kind):
    model = build(f"{kind}(units=5, patch=[1, 2])", BITS)
    seeds, labels = tf.range(6, dtype=tf.int64), tf.constant([0, 1, 2, 0, 1, 2])
    ancestral = spec.build("samplers", "ancestral")
    drawn = model.generate(seeds, ancestral, labels=labels)
    images = model.to_examples(drawn.tokens)
    np.testing.assert_allclose(drawn.log_prob, model.log_prob(images, labels), atol=1e-5)
    np.testing.assert_array_equal(model.to_tokens(images), drawn.tokens)
    completed = model.complete(images, tf.fill([6], 3), seeds + 100, ancestral, labels)
    np.testing.assert_array_equal(completed[:, :3], images[:, :3])
    assert np.abs(completed[:, 3] - images[:, 3]).max() == 1


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


def test_greedy_takes_the_most_likely_token(model, letters):
    drawn = model.generate(tf.constant([0], tf.int64), spec.build("samplers", "greedy")).tokens
    logits = model.network(model.shift(drawn)).numpy()[0]
    logits[:, letters.vocabulary.unknown] = -np.inf
    counted = model.token_mask(drawn)[0].numpy() > 0
    np.testing.assert_array_equal(np.argmax(logits, axis=-1)[counted], drawn[0][counted])


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_is_drawn_by_the_key_and_off_without(kind, letters):
    model = spec.build("models", f"{kind}(units=32, dropout=0.5)", letters)
    inputs = model.shift(sequences(letters)[:5])
    np.testing.assert_array_equal(model.network(inputs, key=KEY), model.network(inputs, key=KEY))
    assert np.abs(model.network(inputs, key=KEY) - model.network(inputs, key=KEY + 1)).max() > 1e-3
    np.testing.assert_array_equal(model.network(inputs), model.network(inputs))


@pytest.mark.parametrize("kind", KINDS)
def test_in_mixed_precision_calls_are_in_bfloat16_and_samples_in_float32(kind, letters):
    """While such a model trains, samples are drawn from it too."""
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        keras.utils.set_random_seed(0)
        model = spec.build("models", f"{kind}(units=16, dropout=0.1)", letters)
    finally:
        keras.config.set_dtype_policy("float32")
    inputs = model.shift(sequences(letters)[:50])
    with tf.GradientTape() as tape:
        logits = model.network(inputs)
    exact, _ = model.network.run(inputs, model.network.initial_state(50))
    assert logits.dtype == tf.float32
    assert 0 < np.abs(logits - exact).max() < 0.01  # bfloat16 has 8 bits
    gradients = tape.gradient(logits, model.trainable_variables)
    assert all(tf.convert_to_tensor(gradient).dtype == tf.float32 for gradient in gradients)
    stepwise = model.network(inputs, key=KEY, replace=lambda t, real, logits: real)
    np.testing.assert_allclose(stepwise, model.network(inputs, key=KEY), atol=0.01)
    drawn = model.generate(tf.range(5, dtype=tf.int64), lambda logits: logits)
    np.testing.assert_allclose(drawn.log_prob, model.log_prob(drawn.tokens), atol=0.05)


@pytest.mark.parametrize("kind", KINDS)
def test_many_tokens_are_not_all_multiplied_first(kind):
    """A word model's time step has no product with as many rows as there are tokens."""
    words = [str(number) for number in range(2000)]
    model = build(f"{kind}(units=4)", domains.Text(Vocabulary(words, "word"), 3, False))
    trace = tf.function(lambda inputs: model.network(inputs)).get_concrete_function
    graph = trace(tf.TensorSpec([2, 3], tf.int32)).graph
    products = [op for op in graph.get_operations() if op.type == "MatMul"]
    assert products
    assert all(op.outputs[0].shape[0] != 2001 for op in products)


def test_each_layer_has_a_dropout_mask_of_its_own(letters):
    first, second = build("lstm(units=32, layers=2, dropout=0.5)", letters).network.dropout_masks(
        4, 3, KEY
    )
    assert 0.4 < np.mean(first.numpy() != second.numpy()) < 0.6


@pytest.mark.parametrize("wrong", ["units=0", "layers=0", "dropout=1.0", "dropout=-0.1"])
@pytest.mark.parametrize("kind", KINDS)
def test_impossible_sizes_are_refused(kind, wrong, letters):
    with pytest.raises(SpecError, match=f"{kind}: .* should be at least"):
        spec.build("models", f"{kind}({wrong})", letters)
