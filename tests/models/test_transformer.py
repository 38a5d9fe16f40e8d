"""The Transformer: a distribution over texts of any length, read at once or step by step."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import domains, spec
from zoo.batch import Batch
from zoo.errors import SpecError
from zoo.models.base.network import run_by_steps
from zoo.models.layers import attention
from zoo.runs import sampling
from zoo.tokenizers.vocabulary import Vocabulary
from zoo.trainers import autoregressive

KEY = tf.constant([11, 12], tf.int64)
SPECS = [
    "transformer(units=8, layers=2, heads=2, dropout=0.3)",
    "transformer(units=12, layers=1, heads=3, feedforward=5, context=2, dropout=0.3, tied=True)",
]
ABC = domains.Text(Vocabulary(["a", "b", "c"], "character"), 4, contiguous=False)
BITS = domains.Image((4, 4, 1), binary=True, num_classes=3)


def build(text, domain):
    """A model far from uniform, so that tokens and draws matter."""
    keras.utils.set_random_seed(1)
    model = spec.build("models", text, domain)
    for number, variable in enumerate(model.trainable_variables):
        variable.assign_add(tf.random.stateless_normal(variable.shape, [3, number]) / 2)
    return model


@pytest.fixture(params=SPECS)
def model(request):
    return build(request.param, ABC)


@pytest.fixture
def long_texts():
    """Much longer than the model's context."""
    return tf.random.stateless_uniform([3, 23], [1, 2], 0, 3, tf.int32)


def test_probabilities_sum_to_one_over_all_texts(model):
    every = np.array(list(itertools.product(range(3), repeat=4)), np.int32)
    np.testing.assert_allclose(np.exp(model.log_prob(every)).sum(), 1, rtol=1e-5)


def test_probabilities_of_each_class_sum_to_one_over_all_images():
    model = build("transformer(units=8, layers=1, heads=2, patch=[2, 2])", BITS)
    numbers = np.arange(1 << 16)[:, None] >> np.arange(16) & 1
    images = tf.constant(numbers.reshape(-1, 4, 4, 1), tf.float32)
    logs = [model.log_prob(images, tf.fill([len(images)], label)).numpy() for label in range(3)]
    np.testing.assert_allclose(np.exp(logs).sum(axis=1), np.ones(3), rtol=1e-5)
    assert np.abs(logs[0] - logs[1]).max() > 0.1


def test_an_image_s_places_are_told_apart():
    """By more than their distances: of equal patches another one is predicted at each place."""
    model = build("transformer(units=8, layers=1, heads=2, context=1, patch=[2, 2])", BITS)
    logits = model.network(tf.fill([1, 4], 5))[0].numpy()
    pairs = itertools.combinations(logits, 2)
    assert min(np.abs(one - other).max() for one, other in pairs) > 0.1


@pytest.mark.parametrize("text", SPECS)
def test_logits_depend_on_the_past_within_reach_alone(text, long_texts):
    """Each layer of attention reaches context - 1 tokens further back."""
    model = build(text, ABC)
    logits = model.network(long_texts).numpy()
    reach = len(model.network.attentions) * (model.network.context - 1)
    for changed in (0, 9, 22):
        others = long_texts.numpy()
        others[:, changed] = (others[:, changed] + 1) % 3
        differs = np.abs(model.network(others).numpy() - logits).max(axis=(0, 2)) > 1e-5
        expected = [changed <= t <= changed + reach for t in range(23)]
        np.testing.assert_array_equal(differs, expected)


def test_one_step_at_a_time_equals_the_whole_text(model, long_texts):
    whole, state = model.network(long_texts).numpy(), model.network.initial_state(3)
    for time, column in enumerate(tf.unstack(long_texts, axis=1)):
        logits, state = model.network.step(column, state)
        np.testing.assert_allclose(logits, whole[:, time], atol=1e-5)


def test_one_step_at_a_time_equals_the_whole_image():
    model = build("transformer(units=8, layers=2, heads=2, patch=[2, 1])", BITS)
    inputs = tf.random.stateless_uniform([5, 8], [1, 2], 0, 4, tf.int32)
    whole, state = model.network(inputs).numpy(), model.network.initial_state(5)
    for time, column in enumerate(tf.unstack(inputs, axis=1)):
        logits, state = model.network.step(column, state)
        np.testing.assert_allclose(logits, whole[:, time], atol=1e-5)


@pytest.mark.parametrize("cuts", [[1], [2, 3], [7, 15], [22], []])
def test_a_text_in_pieces_equals_the_whole(model, long_texts, cuts):
    state, logits = model.network.initial_state(3), []
    for piece in np.split(long_texts.numpy(), cuts, axis=1):
        found, state = model.network.run(tf.constant(piece), state)
        logits.append(found)
    np.testing.assert_allclose(tf.concat(logits, axis=1), model.network(long_texts), atol=1e-5)


def test_text_is_read_alike_wherever_it_stands(model, long_texts):
    """Once there is as much before it as it is read from."""
    position, caches = model.network.run(long_texts, model.network.initial_state(3))[1]
    here, _ = model.network.run(long_texts, (position, caches))
    shift = 1_000_000 * model.network.context  # so that each slot of the caches is in its place
    turns = attention.rope_angles([shift], model.network.units // model.network.heads, tf.float32)
    caches = [(attention.rotate(keys, turns), values) for keys, values in caches]
    far, _ = model.network.run(long_texts, (position + shift, caches))
    np.testing.assert_allclose(here, far, atol=1e-5)


def test_log_prob_of_samples_is_the_models_own(letters):
    model = build(SPECS[0], letters)
    drawn = model.generate(
        tf.range(50, dtype=tf.int64), spec.build("samplers", "temperature(temperature=2.0)")
    )
    assert len(np.unique(drawn.num_tokens)) > 1
    np.testing.assert_allclose(drawn.log_prob, model.log_prob(drawn.tokens), atol=1e-5)


def test_samples_go_on_beyond_the_context(model):
    drawn = model.generate(tf.range(5, dtype=tf.int64), lambda logits: logits, length=20)
    np.testing.assert_allclose(drawn.log_prob, model.log_prob(drawn.tokens), atol=1e-4)


def test_a_prompt_is_kept_and_not_counted(model):
    prompt, lengths = tf.constant([[2, 1, 0], [1, 1, 0]]), tf.constant([3, 1])
    drawn = model.generate(tf.range(2, dtype=tf.int64), lambda logits: logits, 6, prompt, lengths)
    for row, length in enumerate(lengths.numpy()):
        np.testing.assert_array_equal(drawn.tokens[row, :length], prompt[row, :length])
        whole = model.log_prob(drawn.tokens[row : row + 1])[0]
        cut = model.log_prob(drawn.tokens[row : row + 1, :length])[0]
        np.testing.assert_allclose(drawn.log_prob[row], whole - cut, atol=1e-5)


def test_dropout_is_that_of_the_key_at_once_and_step_by_step(model, long_texts):
    whole = model.network(long_texts, key=KEY)
    state = model.network.initial_state(3)
    stepwise, _ = run_by_steps(model.network, long_texts, state, KEY, lambda t, real, logits: real)
    np.testing.assert_allclose(stepwise, whole, atol=1e-5)
    assert np.abs(whole - model.network(long_texts, key=KEY + 1)).max() > 0.1
    assert np.abs(whole - model.network(long_texts)).max() > 0.1


def test_in_mixed_precision_calls_are_in_bfloat16_and_samples_in_float32(letters):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        keras.utils.set_random_seed(0)
        model = spec.build("models", "transformer(units=16, layers=2, dropout=0.1)", letters)
    finally:
        keras.config.set_dtype_policy("float32")
    inputs = tf.random.stateless_uniform([50, 4], [1, 2], 0, 5, tf.int32)
    logits = model.network(inputs)
    exact, _ = model.network.run(inputs, model.network.initial_state(50))
    assert logits.dtype == tf.float32
    assert 0 < np.abs(logits - exact).max() < 0.1  # bfloat16 has 8 bits; logits are about 3
    stepwise = model.network(inputs, key=KEY, replace=lambda t, real, logits: real)
    np.testing.assert_allclose(stepwise, model.network(inputs, key=KEY), atol=0.1)
    drawn = model.generate(tf.range(5, dtype=tf.int64), lambda logits: logits)
    np.testing.assert_allclose(drawn.log_prob, model.log_prob(drawn.tokens), atol=0.2)


def scheduled(keep, passes):
    return spec.build("objectives", f"scheduled_sampling(keep_probability={keep}, passes={passes})")


@pytest.mark.parametrize("passes", [2, 4, None])
def test_scheduled_sampling_is_its_definition_draw_for_draw(by_definition, model, passes):
    """Two passes are the algorithm of Mihaylova and Martins, as many as tokens Bengio et al.'s."""
    tokens = tf.random.stateless_uniform([16, 4], [5, 6], 0, 3, tf.int32)
    changed = by_definition.compare(model, Batch(tokens), KEY, keep_probability=0.4, passes=passes)
    assert 0.2 < changed[:, 1:].mean() < 0.6
    assert not changed[:, 0].any()


def test_two_passes_differ_from_as_many_as_tokens(model):
    tokens = tf.random.stateless_uniform([64, 4], [5, 6], 0, 3, tf.int32)
    two, four, exact = (
        scheduled(0.0, passes).predict(model, Batch(tokens), 0, KEY)[0] for passes in (2, 4, None)
    )
    np.testing.assert_allclose(four, exact, atol=1e-5)
    assert np.abs(two - four).max() > 0.1


@pytest.mark.parametrize("passes", [2, None])
def test_graphs_and_xla_make_the_same_predictions(passes):
    """Without dropout and samples, for which XLA has other numbers (tensorflow issue 121243)."""
    model = build("transformer(units=8, layers=1, heads=2, context=3)", ABC)
    objective = spec.build(
        "objectives",
        f"scheduled_sampling(keep_probability=0.0, replacement='argmax', passes={passes})",
    )
    tokens = tf.random.stateless_uniform([8, 4], [5, 6], 0, 3, tf.int32)

    def predicted():
        with tf.GradientTape() as tape:
            logits, targets, _ = objective.predict(model, Batch(tokens), 0, KEY)
            nats = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
        return logits, *map(tf.convert_to_tensor, tape.gradient(nats, model.trainable_variables))

    expected = predicted()
    for compiled in (False, True):
        found = tf.function(predicted, jit_compile=compiled)()
        for mine, its in zip(found, expected, strict=True):
            np.testing.assert_allclose(mine, its, rtol=1e-4, atol=1e-4)  # sums over 32 tokens


def trainer_of(model, objective, rate, batch_size):
    trainer = autoregressive.build(
        model, objective, batch_size=batch_size, seed=0, average_decay=0.0
    )
    trainer.compile(keras.optimizers.Adam(rate), jit_compile=False)
    return trainer


def test_samples_are_the_same_with_xla(model):
    """The same numbers draw them; here none lies within rounding of a boundary."""
    seeds, unchanged = tf.range(200, dtype=tf.int64), spec.build("samplers", "ancestral()")
    plain, compiled = (model.generate(seeds, unchanged, 12, jit_compile=xla) for xla in (0, 1))
    np.testing.assert_array_equal(plain.tokens, compiled.tokens)
    np.testing.assert_allclose(plain.log_prob, compiled.log_prob, rtol=1e-4)


def test_samples_of_a_run_are_compiled_and_as_many_as_asked_for(model, monkeypatch):
    """260 of them come in two batches of the same number of rows."""
    drawn, generate = [], model.generate

    def spy(seeds, *arguments, **options):
        drawn.append((len(seeds), options["jit_compile"]))
        return generate(seeds, *arguments, **options)

    monkeypatch.setattr(model, "generate", spy)
    assert sampling.tokens(model, 260).shape == (260, 4)
    assert drawn == [(250, True)] * 2


@pytest.mark.parametrize("passes", [2, None])
def test_training_traces_once(passes):
    trainer = trainer_of(build(SPECS[1], ABC), scheduled(0.5, passes), 0.001, 4)
    step = tf.function(trainer.train_step)
    for number in range(3):
        step((tf.random.stateless_uniform([4, 4], [5, number], 0, 3, tf.int32),))
    assert step.experimental_get_tracing_count() == 1


def test_it_learns_to_copy_to_the_entropy_of_what_is_copied():
    """Three tokens of four kinds and the same again: 3 log 4 nats, to 0.02.

    Each of the 64 texts is in each batch, so the loss is exact.
    """
    vocabulary = Vocabulary(["a", "b", "c", "d"], "character")
    keras.utils.set_random_seed(0)
    model = spec.build(
        "models",
        "transformer(units=32, layers=1, heads=2)",
        domains.Text(vocabulary, 6, contiguous=False),
    )
    first = np.array(list(itertools.product(range(4), repeat=3)), np.int32)
    texts = tf.constant(np.concatenate([first, first], axis=1))
    rate = keras.optimizers.schedules.CosineDecay(0.02, 100)
    trainer = trainer_of(model, spec.build("objectives", "maximum_likelihood"), rate, 64)
    trainer.fit(tf.data.Dataset.from_tensors((texts,)).repeat(100), shuffle=False, verbose=0)
    nll = -np.mean(model.log_prob(texts))
    assert 3 * np.log(4) - 1e-4 < nll < 3 * np.log(4) + 0.02


@pytest.mark.parametrize(
    ("wrong", "answer"),
    [
        *((f"{name}=0", f"{name}=0 should be at least 1") for name in ("units", "layers")),
        *((f"{name}=0", f"{name}=0 should be at least 1") for name in ("heads", "feedforward")),
        ("context=0", "context=0 should be at least 1"),
        ("units=20, heads=4", "units=20 should be a multiple of 2 heads, 8"),
        ("dropout=1.0", "dropout=1.0 should be at least 0 and below 1"),
        ("dropout=-0.1", "dropout=-0.1 should be at least 0 and below 1"),
        ("patch=[2, 2]", "is for images"),
    ],
)
def test_impossible_sizes_are_refused(wrong, answer):
    with pytest.raises(SpecError, match=answer):
        spec.build("models", f"transformer({wrong})", ABC)


def test_each_layer_has_a_dropout_mask_of_its_own():
    """The embedding, two layers of attention and two between: all masks differ, and so do logits
    without what one of them lets through."""
    model = build("transformer(units=8, layers=2, heads=2, dropout=0.5)", ABC)
    masks = model.network.dropout_masks(4, 3, KEY)
    assert len(masks) == 5
    for one, other in itertools.combinations(masks, 2):
        assert np.any(one != other)
    token, state = tf.constant([2, 0, 1]), model.network.initial_state(3)
    ones = [tf.ones_like(mask[0]) for mask in masks]
    logits = [
        model.network.step(token, state, [*ones[:number], 0 * ones[number], *ones[number + 1 :]])[0]
        for number in range(5)
    ]
    for one, other in itertools.combinations([*logits, model.network.step(token, state)[0]], 2):
        assert np.abs(one - other).max() > 1e-3
