"""A discriminator whose logits are log-likelihood ratios, and which begins where its models are."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo import randomness, spec
from zoo.errors import SpecError
from zoo.runs import building

KEY = randomness.key(0, 0, "dropout")
# Of up to three letters, closed by the end token 1.
TEXTS = np.array([[2, 3, 4, 4], [2, 3, 2, 1], [4, 1, 1, 1], [1, 1, 1, 1], [3, 3, 3, 3]], np.int32)
PAIRS = np.int32([[0, 0], [0, 1], [1, 0], [1, 1]])
GENERATOR, DATA_MODEL = "gru(units=4, layers=1)", "lstm(units=6, layers=1)"
GAN = f"likelihood_ratio_gan(generator='{GENERATOR}', data_model='{DATA_MODEL}')"


@pytest.fixture(scope="module")
def generator(tiny_run):
    return tiny_run(model=GENERATOR, steps=1)


@pytest.fixture(scope="module")
def data_model(tiny_run):
    return tiny_run(model=DATA_MODEL, steps=1)


def pair_of(domain, text):
    """A pair with weights far from zero."""
    pair = spec.build("models", text, domain)
    for network in pair.networks().values():
        for number, variable in enumerate(network.trainable_variables):
            variable.assign(tf.random.stateless_normal(variable.shape, [1, number]))
    return pair


def test_the_logits_are_the_log_ratios_of_the_likelihoods_of_all_prefixes(letters):
    discriminator = pair_of(letters, GAN).discriminator
    discriminator.constant.assign(0.25)
    logits = discriminator.prefix_logits(TEXTS).numpy()
    models = discriminator.data_model, discriminator.sample_model
    for time in range(1, TEXTS.shape[1] + 1):
        log_a, log_b = (model.log_prob(TEXTS[:, :time]).numpy() for model in models)
        np.testing.assert_allclose(logits[:, time - 1], log_a - log_b + 0.25, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(logits[:, -1], discriminator(TEXTS))
    assert np.abs(logits - 0.25).min() > 1e-3


def test_the_two_models_are_of_their_specs_and_have_weights_of_their_own(letters):
    pair = spec.build("models", GAN, letters)
    models = pair.generator, pair.discriminator.sample_model, pair.discriminator.data_model
    assert [model.network.name for model in models] == ["gru", "gru", "lstm"]
    mine, its = (model.variables[0].numpy() for model in models[:2])
    assert np.abs(mine - its).max() > 0
    plain = spec.build("models", "likelihood_ratio_gan(generator='independent()')", letters)
    assert plain.discriminator.data_model.network.name == "independent"


def test_the_generator_is_the_network_that_maximum_likelihood_trains(letters):
    keras.utils.set_random_seed(1)
    alone = spec.build("models", GENERATOR, letters)
    keras.utils.set_random_seed(1)
    pair = spec.build("models", GAN, letters)
    for mine, its in zip(pair.generator.variables, alone.variables, strict=True):
        np.testing.assert_array_equal(mine, its)


def test_dropout_of_both_models_is_what_its_key_says(letters):
    dropped = (f"{kind}(units=6, layers=1, dropout=0.3)" for kind in ("gru", "lstm"))
    text = "likelihood_ratio_gan(generator='{}', data_model='{}')".format(*dropped)
    discriminator = pair_of(letters, text).discriminator
    logits, with_key = (discriminator.prefix_logits(TEXTS, key=key) for key in (None, KEY))
    np.testing.assert_array_equal(with_key, discriminator.prefix_logits(TEXTS, key=KEY))
    other = discriminator.prefix_logits(TEXTS, key=randomness.fold(KEY, 1))
    assert min(np.abs(with_key - its).max() for its in (logits, other)) > 1e-3
    np.testing.assert_array_equal(logits, discriminator.prefix_logits(TEXTS))


def initialised(domain, model, **begun):
    """A new pair with the weights of other runs."""
    data = "pairs(joint=[[0.4, 0.1], [0.2, 0.3]])"
    experiment = zoo.Experiment(data, model, "generalised_js", **begun)
    parts = building.compose(experiment)
    trainer = building.build_trainer(experiment, parts, domain)
    zoo.runs.initial_weights.initialise(experiment, parts, trainer, domain)
    return trainer


def test_it_begins_with_the_ratio_of_a_language_model_and_the_generator(generator, data_model):
    trainer = initialised(
        generator.domain, GAN,
        init_from=str(generator.folder.path),
        init_discriminator_from=str(data_model.folder.path),
    )  # fmt: skip
    expected = data_model.generator.log_prob(PAIRS) - generator.generator.log_prob(PAIRS)
    assert np.abs(expected).max() > 1e-3
    np.testing.assert_allclose(trainer.discriminator(PAIRS), expected, atol=1e-6)


def test_without_another_language_model_it_begins_at_zero(generator):
    model = f"likelihood_ratio_gan(generator='{GENERATOR}')"
    trainer = initialised(generator.domain, model, init_from=str(generator.folder.path))
    np.testing.assert_array_equal(trainer.discriminator.prefix_logits(PAIRS), np.zeros([4, 2]))
    weights = trainer.discriminator.data_model.variables
    for mine, its in zip(weights, generator.generator.variables, strict=True):
        np.testing.assert_array_equal(mine, its)


def test_a_discriminator_of_another_run_is_taken_whole(tiny_run, generator):
    game = tiny_run(model=GAN, objective="generalised_js", steps=1)
    path = str(game.folder.path)
    trainer = initialised(generator.domain, GAN, init_discriminator_from=path)
    np.testing.assert_array_equal(trainer.discriminator(PAIRS), game.model.discriminator(PAIRS))


def test_weights_of_another_context_are_refused_though_they_fit(tiny_run):
    model = "likelihood_ratio_gan(generator='transformer(units=4, layers=1, heads=2, context={})')"
    run = tiny_run(model=model.format(2), objective="generalised_js", steps=1)
    with pytest.raises(SpecError, match=r"the data_model of .* is transformer\(.*context=2"):
        initialised(run.domain, model.format(1), init_discriminator_from=str(run.folder.path))


def test_another_language_model_is_refused_with_what_would_do(generator):
    with pytest.raises(SpecError, match=r"is gru\(units=4.*data here is lstm\(units=6.*data_model"):
        initialised(generator.domain, GAN, init_discriminator_from=str(generator.folder.path))


def test_relaxed_tokens_are_refused_with_what_would_do(letters, tiny_experiment, tmp_path):
    objective = "generalised_js(estimator='gumbel_softmax()')"
    experiment = tiny_experiment(model=GAN, objective=objective)
    with pytest.raises(SpecError, match=r"reads tokens alone. Estimators for it: reinforce\."):
        zoo.train(experiment, str(tmp_path / "run"))
    with pytest.raises(SpecError, match="reads tokens, not weights of them"):
        spec.build("models", GAN, letters).discriminator(np.ones([1, 4, 5], np.float32))


@pytest.mark.parametrize("argument", ["generator", "data_model"])
def test_what_is_no_autoregressive_model_of_texts_is_refused(letters, argument):
    with pytest.raises(SpecError, match=r"likelihood_ratio_gan: 'dcgan' is no autoregressive"):
        spec.build("models", f"likelihood_ratio_gan({argument}='dcgan')", letters)
