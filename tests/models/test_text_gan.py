"""Logits of prefixes that know nothing of later tokens, and a short game on known texts."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import divergences, randomness, spec
from zoo.data.base.splits import batches
from zoo.errors import SpecError
from zoo.models.layers import text_readers
from zoo.models.layers.text_readers import running_maximum
from zoo.runs import checkpoints
from zoo.trainers import adversarial

KINDS = ("convolutional", "recurrent")
KEY = randomness.key(0, 0, "dropout")
# Of up to three letters, closed by the end token 1.
TEXTS = np.array([[2, 3, 4, 4], [2, 3, 2, 1], [4, 1, 1, 1], [1, 1, 1, 1], [3, 3, 3, 3]], np.int32)
JOINT = [[0.4, 0.05, 0.05], [0.02, 0.2, 0.03], [0.05, 0.05, 0.15]]


@pytest.fixture(params=KINDS)
def prefix_logits(request, letters):
    """A discriminator of two layers with weights far from zero."""
    made = f"text_gan(discriminator='{request.param}', width=6, layers=2, dropout=0.3)"
    discriminator = spec.build("models", made, letters).discriminator
    for number, variable in enumerate(discriminator.trainable_variables):
        variable.assign(tf.random.stateless_normal(variable.shape, [1, number]))
    return discriminator.prefix_logits


def test_the_generator_is_the_network_that_maximum_likelihood_trains(letters):
    keras.utils.set_random_seed(3)
    alone = spec.build("models", "gru(units=5, layers=1)", letters)
    keras.utils.set_random_seed(3)
    pair = spec.build("models", "text_gan(generator='gru(units=5, layers=1)')", letters)
    assert type(pair.generator) is type(alone)
    for mine, its in zip(pair.generator.variables, alone.variables, strict=True):
        np.testing.assert_array_equal(mine, its)


@pytest.mark.parametrize("kind", KINDS)
def test_all_layers_are_built(letters, kind):
    """Keras calls a trainer to build the others, which under a MirroredStrategy is an error."""
    made = f"text_gan(discriminator='{kind}')"
    discriminator = spec.build("models", made, letters).discriminator
    assert all(layer.built for layer in layers(discriminator))


def layers(layer):
    """A layer and all the layers within it."""
    inner = [each for each in keras.tree.flatten(vars(layer)) if isinstance(each, keras.Layer)]
    return [layer, *(each for child in inner for each in layers(child))]


def test_no_later_token_changes_a_logit(prefix_logits):
    logits = prefix_logits(TEXTS).numpy()
    for time in range(1, 4):
        changed = TEXTS.copy()
        changed[:, time:] = np.where(changed[:, time:] == 3, 2, 3)
        np.testing.assert_allclose(prefix_logits(changed)[:, :time], logits[:, :time], atol=1e-6)
        assert (np.abs(prefix_logits(changed).numpy() - logits)[0, time:] > 1e-3).any()


def test_from_the_end_on_the_logit_stays_the_same(prefix_logits):
    logits = prefix_logits(TEXTS).numpy()
    np.testing.assert_array_equal(logits[2, 1:], np.repeat(logits[2, 1], 3))
    np.testing.assert_array_equal(logits[3], np.repeat(logits[3, 0], 4))
    other = TEXTS.copy()
    other[2, 2:], other[3, 1:] = 3, 2  # behind an end token stands nothing
    np.testing.assert_allclose(prefix_logits(other), logits, atol=1e-6)


def test_one_hot_relaxed_tokens_are_read_as_the_tokens(prefix_logits):
    relaxed = tf.one_hot(TEXTS, 5)
    with tf.GradientTape() as tape:
        tape.watch(relaxed)
        logits = prefix_logits(relaxed)
        last = logits[:, -1]
    np.testing.assert_allclose(logits, prefix_logits(TEXTS), atol=1e-6)
    slopes = np.abs(tape.gradient(last, relaxed).numpy()).max(axis=-1)
    assert (slopes[0] > 0).any()
    np.testing.assert_array_equal(slopes[3, 1:], 0)  # after the end


def test_dropout_is_what_its_key_says(prefix_logits):
    with_key = prefix_logits(TEXTS, key=KEY)
    np.testing.assert_array_equal(with_key, prefix_logits(TEXTS, key=KEY))
    assert np.abs(with_key - prefix_logits(TEXTS)).max() > 1e-3
    assert np.abs(with_key - prefix_logits(TEXTS, key=randomness.fold(KEY, 1))).max() > 1e-3
    np.testing.assert_array_equal(prefix_logits(TEXTS), prefix_logits(TEXTS))


def test_each_recurrent_layer_has_a_dropout_mask_of_its_own(letters, monkeypatch):
    made = "text_gan(discriminator='recurrent', width=6, layers=3, dropout=0.5)"
    discriminator = spec.build("models", made, letters).discriminator
    masks, drop = [], text_readers.Recurrence.drop

    def recorded(*arguments, **options):
        masks.append(drop(*arguments, **options))
        return masks[-1]

    monkeypatch.setattr(text_readers.Recurrence, "drop", recorded)
    discriminator.prefix_logits(TEXTS, key=KEY)
    assert len(masks) == 3
    for one, other in itertools.combinations(masks, 2):
        assert np.any(one != other)


def test_the_convolutions_respond_as_by_the_formula(letters):
    """max over s ≤ t of relu(Σ_k W_k x_{s-k} + b), one number after the other."""
    made = "text_gan(width=3, layers=1)"
    reader = spec.build("models", made, letters).discriminator.reader
    for number, variable in enumerate(reader.trainable_variables):
        variable.assign(tf.random.stateless_normal(variable.shape, [2, number]))
    table, found = reader.embedding.numpy(), reader(TEXTS).numpy()
    for text, features in zip(TEXTS, found, strict=True):
        for number, convolution in enumerate(reader.layers_[0]):
            kernel, bias = convolution.kernel.numpy(), convolution.bias.numpy()
            strongest = np.zeros(3)
            for time in range(4):
                response = bias.copy()
                for back in range(min(len(kernel), time + 1)):
                    response += table[text[time - back]] @ kernel[len(kernel) - 1 - back]
                strongest = np.maximum(strongest, response)
                expected = features[time, 3 * number : 3 * number + 3]
                np.testing.assert_allclose(expected, strongest, atol=1e-5)


@pytest.mark.parametrize("time", [1, 2, 5, 8, 13])
def test_the_running_maximum_is_the_maximum_so_far(time):
    features = np.random.default_rng(0).exponential(size=[2, time, 3])
    expected = np.maximum.accumulate(features, axis=1)
    np.testing.assert_array_equal(running_maximum(tf.constant(features)), expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("generator='dcgan'", r"no autoregressive model of text. Known: .*lstm.*table"),
        ("generator='text_gan'", "no autoregressive model of text"),
        ("generator='lstm(unit=3)'", "lstm takes no argument 'unit'"),
        ("discriminator='lstm'", "one of 'convolutional', 'recurrent'"),
        ("width=0", "at least 1"),
        ("layers=0", "at least 1"),
        ("dropout=1.0", "below 1"),
    ],
)
def test_what_cannot_be_is_refused(letters, arguments, message):
    with pytest.raises(SpecError, match=message):
        spec.build("models", f"text_gan({arguments})", letters)


def divergence(dataset, generator):
    """The exact JS at π = 1/2."""
    texts = np.argwhere(np.ones([3, 3])).astype(np.int32)
    log_q = tf.cast(generator.log_prob(texts), tf.float64)
    return float(divergences.generalised_js(dataset.log_prob(texts), log_q, 0.5))


def test_the_game_lowers_the_exact_divergence():
    dataset = spec.build("data", f"pairs(joint={JOINT})", None)
    keras.utils.set_random_seed(0)
    pair = spec.build("models", "text_gan(generator='table', width=16)", dataset.domain)
    objective = spec.build("objectives", "generalised_js()")
    trainer = adversarial.build(pair, objective, batch_size=64, seed=0, average_decay=0.9)
    players = "generator_optimizer", "discriminator_optimizer"
    trainer.compile(**{name: keras.optimizers.Adam(0.02) for name in players}, jit_compile=False)
    before = divergence(dataset, pair.generator)
    data = batches(dataset.train, trainer.num_real, 0, 0, 100)
    trainer.fit(data, shuffle=False, verbose=0)
    with trainer.averaged():
        assert divergence(dataset, pair.generator) < before / 4


def small_trainer():
    """Of a game on pairs, with a baseline that is remembered, and its data."""
    dataset = spec.build("data", f"pairs(joint={JOINT})", None)
    made = "text_gan(generator='table', discriminator='recurrent', width=4)"
    pair = spec.build("models", made, dataset.domain)
    estimator = 'reinforce(rewards="prefixes", baseline="moving_average", rollouts=2)'
    objective = spec.build("objectives", f"generalised_js(estimator='{estimator}')")
    trainer = adversarial.build(pair, objective, batch_size=4, seed=0, average_decay=0.9)
    players = "generator_optimizer", "discriminator_optimizer"
    trainer.compile(**{name: keras.optimizers.Adam(0.01) for name in players})
    trainer.run_eagerly = True
    return trainer, dataset.train


def fit(trainer, data, first, last):
    trainer.fit(batches(data, 4, 0, first, last), shuffle=False, verbose=0)


def test_a_game_goes_on_with_all_that_it_remembers(tmp_path):
    """Two steps, saved, restored into new networks, and two more are four."""
    (whole, data), (begun, _), (resumed, _) = (small_trainer() for _ in range(3))
    for mine, its in zip(whole.components().values(), begun.components().values(), strict=True):
        for variable, value in zip(mine, its, strict=True):
            variable.assign(value)
    fit(whole, data, 0, 4)
    fit(begun, data, 0, 2)
    checkpoints.Checkpoints(tmp_path, begun.components()).save(2)
    assert checkpoints.Checkpoints(tmp_path, resumed.components()).restore() == 2
    fit(resumed, data, 2, 4)
    found, wanted = resumed.components(), whole.components()
    assert "estimator" in found
    for name, variables in wanted.items():
        for variable, value in zip(found[name], variables, strict=True):
            np.testing.assert_array_equal(variable, value, err_msg=name)
