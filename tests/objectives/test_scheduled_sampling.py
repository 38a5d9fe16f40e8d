"""Scheduled sampling: draw for draw what its definition says, and where it ends."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import domains, spec
from zoo.batch import Batch
from zoo.data.base.splits import batches
from zoo.errors import SpecError
from zoo.report import logs
from zoo.theory.scheduled_sampling import algorithm_optimum, argmax_optimum, idealised_optimum
from zoo.trainers import autoregressive

KEY = tf.constant([11, 12], tf.int64)
MODELS = [
    "lstm(units=8, layers=2, dropout=0.3)",
    "lstm(units=7, layers=1, tied=True)",
    "gru(units=8, layers=2, dropout=0.3)",
    "table",
]


def build(**arguments):
    given = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    return spec.build("objectives", f"scheduled_sampling({given})")


@pytest.fixture(params=MODELS)
def model(request, letters):
    """A model far from uniform, so that tokens and draws matter."""
    keras.utils.set_random_seed(1)
    model = spec.build("models", request.param, letters)
    for number, variable in enumerate(model.trainable_variables):
        variable.assign_add(tf.random.stateless_normal(variable.shape, [3, number]))
    return model


@pytest.fixture
def tokens(letters):
    """Sixty-four texts, closed and filled up."""
    rows = np.random.default_rng(0).integers(1, letters.vocabulary.size, [64, letters.length])
    rows[np.cumsum(rows == letters.vocabulary.end, axis=-1) > 0] = letters.vocabulary.end
    return tf.constant(rows, tf.int32)


@pytest.mark.parametrize("options", [{}, {"coin": "sequence"}, {"replacement": "argmax"}], ids=str)
def test_it_is_its_definition_draw_for_draw(by_definition, model, tokens, options):
    changed = by_definition.compare(model, tokens, KEY, keep_probability=0.4, **options)
    assert 0.1 < changed[:, 1:].mean() < 0.6
    assert not changed[:, 0].any()


@pytest.mark.parametrize("options", [{}, {"coin": "sequence"}, {"replacement": "argmax"}], ids=str)
def test_of_images_it_is_its_definition_patch_for_patch(by_definition, options):
    """Four patches of 256 kinds, after a start token of the class."""
    domain = domains.Image((4, 8, 1), binary=True, num_classes=3)
    model = spec.build("models", "lstm(units=8, layers=2, dropout=0.3, patch=[2, 4])", domain)
    for number, variable in enumerate(model.trainable_variables):
        variable.assign_add(tf.random.stateless_normal(variable.shape, [3, number]))
    pixels = tf.random.stateless_uniform([64, 4, 8, 1], [4, 5], 0, 2, tf.int32)
    batch = tf.cast(pixels, tf.float32), tf.range(64) % 3
    changed = by_definition.compare(model, batch, KEY, keep_probability=0.4, **options)
    assert changed.shape == (64, 4)
    assert 0.4 < changed[:, 1:].mean() < 0.8
    assert not changed[:, 0].any()


def test_with_real_tokens_only_it_is_maximum_likelihood(model, tokens):
    expected = spec.build("objectives", "maximum_likelihood").predict(model, Batch(tokens), 0, KEY)
    objective = build(keep_probability=1.0)
    for found, its in zip(objective.predict(model, Batch(tokens), 0, KEY), expected, strict=True):
        np.testing.assert_allclose(found, its, atol=1e-5)


def test_without_real_tokens_it_reads_samples_of_the_model(model, tokens):
    """The logits do not depend on the real tokens at all."""
    objective = build(keep_probability=0.0)
    once = objective.predict(model, Batch(tokens), 0, KEY)[0]
    other = objective.predict(model, Batch(tf.reverse(tokens, [0])), 0, KEY)[0]
    np.testing.assert_array_equal(once, other)


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_graphs_and_xla_make_the_same_predictions(kind, letters, tokens):
    """Without dropout and samples, for which XLA has other numbers (tensorflow issue 121243)."""
    keras.utils.set_random_seed(1)
    model = spec.build("models", f"{kind}(units=8, layers=2)", letters)
    objective = build(keep_probability=0.0, replacement="argmax")

    def predicted():
        with tf.GradientTape() as tape:
            logits, targets, _ = objective.predict(model, Batch(tokens), 0, KEY)
            nats = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
        return logits, *map(tf.convert_to_tensor, tape.gradient(nats, model.trainable_variables))

    expected = predicted()
    for compiled in (False, True):
        found = tf.function(predicted, jit_compile=compiled)()
        for mine, its in zip(found, expected, strict=True):
            np.testing.assert_allclose(mine, its, rtol=1e-4, atol=1e-4)  # sums over 256 tokens


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_one_graph_serves_batches_of_all_sizes(kind, letters, tokens):
    model, objective = spec.build("models", f"{kind}(units=8)", letters), build()
    traced = []

    @tf.function(input_signature=[tf.TensorSpec([None, letters.length], tf.int32)])
    def logits(tokens):
        traced.append(tokens)
        found = objective.predict(model, Batch(tokens), 5000, KEY)[0]
        assert found.shape == (None, letters.length, letters.vocabulary.size)
        return found

    for count in (1, 64, 3):
        eager = objective.predict(model, Batch(tokens[:count]), 5000, KEY)[0]
        np.testing.assert_allclose(logits(tokens[:count]), eager, atol=1e-5)
    assert len(traced) == 1


def test_a_coin_for_each_sequence_keeps_all_of_it_or_nothing(model, tokens):
    """Rows are read as with ε = 1 or as with ε = 0, about a half each."""
    half, real, own = (
        build(keep_probability=keep, coin="sequence")
        .predict(model, Batch(tokens), 0, KEY)[0]
        .numpy()
        for keep in (0.5, 1.0, 0.0)
    )
    kept = np.array([np.array_equal(a, b) for a, b in zip(half, real, strict=True)])
    drawn = np.array([np.array_equal(a, b) for a, b in zip(half, own, strict=True)])
    assert np.all(kept | drawn)
    assert abs((kept & ~drawn).sum() - (drawn & ~kept).sum()) < 5 * np.sqrt(len(tokens))
    by_token = build(keep_probability=0.5).predict(model, Batch(tokens), 0, KEY)[0].numpy()
    assert not all(
        np.array_equal(a, b) or np.array_equal(a, c)
        for a, b, c in zip(by_token, real, own, strict=True)
    )


TABLES = {
    "dependent": 0.98 * np.diag([0.9, 0.05, 0.05]) + 0.02 / 9,
    "square": np.random.default_rng(6).dirichlet(np.full(9, 2.0)).reshape(3, 3),
    "oblong": np.random.default_rng(9).dirichlet(np.full(20, 2.0)).reshape(4, 5),
}
OPTIMA = [
    *((table, keep, False) for table in ("square", "oblong") for keep in (1, 0.75, 0.5, 0.25, 0)),
    *(("dependent", 0.5, compiled) for compiled in (False, True)),
]


def test_the_dependent_table_tells_the_two_optima_apart():
    """By more than twice what the training below may miss."""
    p = TABLES["dependent"]
    ideal, reached = (optimum(p, 0.5) for optimum in (idealised_optimum, algorithm_optimum))
    assert np.abs(ideal.sum(axis=1) - reached.sum(axis=1)).max() > 0.02


@pytest.mark.parametrize(("table", "keep", "compiled"), OPTIMA, ids=str)
def test_training_a_table_reaches_the_optimum_of_the_algorithm(table, keep, compiled):
    """Q1 = P1 and Q(x2|z) = ε P(x2|z) + (1-ε) P2(x2), to twice what 150 steps leave."""
    p = TABLES[table] / TABLES[table].sum()
    first, q = trained_table(p, build(keep_probability=keep), compiled)
    p1, p2 = p.sum(axis=1), p.sum(axis=0)
    conditional = keep * p / p1[:, None] + (1 - keep) * p2
    np.testing.assert_allclose(first, p1, atol=0.01)
    np.testing.assert_allclose(q / first[:, None], conditional, atol=0.01)


def test_training_with_the_likeliest_token_distorts_its_row_only():
    p = np.array([[0.40, 0.05, 0.05], [0.02, 0.20, 0.03], [0.05, 0.05, 0.15]])
    _, q = trained_table(p, build(keep_probability=0.5, replacement="argmax"), False)
    np.testing.assert_allclose(q, argmax_optimum(p, 0.5), atol=0.01)
    assert np.abs(q - algorithm_optimum(p, 0.5)).max() > 0.05


def trained_table(p, objective, compiled):
    """Q1 and the table Q that 150 steps lead to."""
    shape = p.shape
    data = spec.build("data", f"pairs(joint={p.tolist()})", None)
    model = spec.build("models", "table", data.domain)
    trainer = autoregressive.build(model, objective, batch_size=8192, seed=0, average_decay=0.0)
    rate = keras.optimizers.schedules.CosineDecay(0.1, 150)
    trainer.compile(keras.optimizers.Adam(rate), jit_compile=compiled)
    trainer.fit(batches(data.train, 8192, 0, 0, 150), shuffle=False, verbose=0)

    first = tf.nn.softmax(model.network(tf.constant([[max(shape)]])))[0, 0].numpy()
    cells = np.stack(np.meshgrid(*map(range, shape), indexing="ij"), -1).reshape(-1, 2)
    return first[: shape[0]], np.exp(model.log_prob(cells.astype(np.int32))).reshape(shape)


def test_training_logs_the_schedule(letters, tokens):
    model = spec.build("models", "table", letters)
    objective = build(schedule="linear", decrease=0.25, minimum=0.4)
    trainer = autoregressive.build(model, objective, batch_size=64, seed=0, average_decay=0.0)
    trainer.compile(keras.optimizers.SGD(0.1), jit_compile=False)
    shown = []
    logger = keras.callbacks.LambdaCallback(on_train_batch_end=lambda _, logs: shown.append(logs))
    data = tf.data.Dataset.from_tensors((tokens,)).repeat(4)
    trainer.fit(data, shuffle=False, verbose=0, callbacks=[logger])
    assert [logs["keep_probability"] for logs in shown] == [1.0, 0.75, 0.5, 0.4]


STEPS = np.array([0, 1, 10, 1000, 100_000])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, np.maximum(300 / (300 + np.exp(np.minimum(STEPS / 300, 700))), 0.25)),
        ({"keep_probability": 0.3}, np.full(5, 0.3)),
        ({"schedule": "linear", "decrease": 0.0625}, [1, 0.9375, 0.375, 0, 0]),
        (
            {"schedule": "linear", "keep_probability": 0.5, "decrease": 0.001, "minimum": 0.25},
            [0.5, 0.499, 0.49, 0.25, 0.25],
        ),
        ({"schedule": "linear", "decrease": 0.1}, [1, 0.9, 0, 0, 0]),
        ({"schedule": "exponential", "k": 0.999}, 0.999**STEPS),
        ({"schedule": "exponential", "k": 0.9, "minimum": 0.5}, [1, 0.9, 0.5, 0.5, 0.5]),
        ({"schedule": "inverse_sigmoid", "k": 50}, 50 / (50 + np.exp(np.minimum(STEPS / 50, 700)))),
        ({"schedule": "inverse_sigmoid", "k": 1}, 1 / (1 + np.exp(np.minimum(STEPS, 700)))),
        ({"schedule": "inverse_sigmoid", "k": 1, "minimum": 0.4}, [0.5, 0.4, 0.4, 0.4, 0.4]),
    ],
    ids=str,
)
def test_schedules(arguments, expected):
    """In float64; from step 35,000 on the inverse sigmoid is below any positive number."""
    objective = build(**arguments)
    at = tf.function(objective.keep_probability_at)
    found = [at(tf.constant(step, tf.int64)).numpy() for step in STEPS]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-300)
    assert found == sorted(found, reverse=True)
    assert found[0].dtype == np.float64
    assert objective.logged(10)["keep_probability"] == found[2]


@pytest.mark.parametrize(
    "arguments",
    [
        {"keep_probability": 1.1},
        {"keep_probability": -0.1},
        {"keep_probability": 0.5, "k": 0.9},
        {"decrease": 0.1},
        {"minimum": 0.1},
        {"k": 300},
        {"schedule": "constant"},
        {"schedule": "linear"},
        {"schedule": "linear", "keep_probability": 0.5},
        {"schedule": "linear", "decrease": -0.1},
        {"schedule": "linear", "decrease": 0},
        {"schedule": "linear", "decrease": 1.5},
        {"schedule": "linear", "decrease": 0.1, "k": 2},
        {"schedule": "linear", "decrease": 0.1, "keep_probability": 1.5},
        {"schedule": "linear", "decrease": 0.1, "keep_probability": 0.2, "minimum": 0.3},
        {"schedule": "linear", "decrease": 0.1, "minimum": -0.1},
        {"schedule": "exponential"},
        {"schedule": "exponential", "k": 1.0},
        {"schedule": "exponential", "k": 0},
        {"schedule": "exponential", "k": 0.9, "keep_probability": 0.5},
        {"schedule": "exponential", "k": 0.9, "minimum": 1.5},
        {"schedule": "exponential", "k": 0.9, "minimum": -0.1},
        {"schedule": "inverse_sigmoid"},
        {"schedule": "inverse_sigmoid", "k": 0.5},
        {"schedule": "inverse_sigmoid", "k": 10, "decrease": 0.1},
        {"schedule": "inverse_sigmoid", "k": 10, "minimum": 1.5},
        {"schedule": "inverse_sigmoid", "k": 10, "minimum": -0.1},
    ],
    ids=str,
)
def test_a_schedule_that_cannot_be_is_refused(arguments):
    schedule = arguments.get("schedule", "constant")
    received = ", ".join(f"{k}={v}" for k, v in arguments.items() if k != "schedule")
    wanted = f"schedule='{schedule}' takes .*; received "
    with pytest.raises(SpecError, match=wanted) as refused:
        build(**arguments)
    for given in received.split(", "):
        assert given in str(refused.value)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"schedule": "constant"}, "takes keep_probability; received nothing"),
        (
            {"schedule": "linear", "decrease": 2, "minimum": 0.5},
            "takes 0 <= minimum <= keep_probability <= 1 and 0 < decrease <= 1; "
            "received decrease=2, keep_probability=1.0, minimum=0.5",
        ),
        (
            {"schedule": "exponential", "k": 0.9, "decrease": 0.1},
            "takes k, minimum=0.0; received decrease=0.1, k=0.9",
        ),
    ],
    ids=str,
)
def test_a_refusal_tells_what_the_schedule_takes(arguments, told):
    with pytest.raises(SpecError, match=re.escape(told)):
        build(**arguments)


@pytest.mark.parametrize("passes", [1, 0, -1])
def test_a_single_pass_is_refused(passes):
    """It would read real tokens only, whatever ε is."""
    wanted = f"reads real tokens only, which is maximum_likelihood; .* received {passes}"
    with pytest.raises(SpecError, match=wanted):
        build(passes=passes)


def test_passes_change_nothing_in_recurrent_models_and_tables(model, tokens):
    once, thrice = (
        build(keep_probability=0.3, passes=passes).predict(model, Batch(tokens), 0, KEY)[0]
        for passes in (None, 3)
    )
    np.testing.assert_array_equal(once, thrice)


def test_the_default_anneals_as_it_says():
    """Half of the tokens are real at step 1,711, a quarter from 2,041 on."""
    at = build().keep_probability_at
    assert at(0) > 0.99
    assert at(1711) > 0.5 > at(1712)
    assert at(2040) > 0.25
    assert at(2041) == at(1_000_000) == 0.25


def test_an_infinite_number_is_refused():
    with pytest.raises(SpecError, match="a finite k"):
        spec.build("objectives", "scheduled_sampling(schedule='inverse_sigmoid', k=1e999)")


def test_a_run_logs_how_the_use_of_the_context_is_lost(tiny_run):
    """While ε is near 1 it is learned, and as ε falls to 0 it goes."""
    run = tiny_run(
        data="pairs(joint=[[0.3, 0.02, 0.01], [0.02, 0.3, 0.01], [0.02, 0.02, 0.3]])",
        model="table()",
        objective="scheduled_sampling(schedule='linear', decrease=0.01)",
        steps=400,
        batch_size=256,
        learning_rate=0.1,
        sample_every=20,
    )
    curves = logs.curves(run.folder.logs)
    use, keep = curves["context_use"]["validation"], curves["keep_probability"]["train"]
    assert keep.values[-1] == 0
    assert max(use.values) > 0.1
    assert use.values[-1] < max(use.values) / 10
