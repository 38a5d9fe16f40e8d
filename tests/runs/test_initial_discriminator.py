"""A discriminator begins with that of another run, or with the layers of a language model."""

import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.errors import SpecError
from zoo.runs import building, initial_weights
from zoo.runs.loading import load

GAN = "text_gan(generator='lstm(units=4, layers=1)', discriminator='recurrent', width={}, layers=2)"


@pytest.fixture(scope="module")
def language_model(tiny_run):
    return tiny_run(model="lstm(units=6, layers=2)", steps=1)


@pytest.fixture(scope="module")
def game(tiny_run):
    return tiny_run(model=GAN.format(6), objective="generalised_js", steps=1)


def initialised(run, width=6):
    """A new discriminator with the weights of a run."""
    model = GAN.format(width)
    experiment = zoo.Experiment("pairs(joint=[[0.4, 0.1], [0.2, 0.3]])", model, "generalised_js")
    parts = building.compose(experiment)
    trainer = building.build_trainer(experiment, parts, run.domain)
    initial_weights.take_discriminator(trainer.discriminator, parts.specs.model, run.domain, run)
    return trainer.discriminator


def test_a_discriminator_is_that_of_the_other_run(game):
    found, texts = initialised(game), tf.constant([[0, 1], [1, 1]])
    np.testing.assert_array_equal(found(texts), game.model.discriminator(texts))


def test_a_recurrent_discriminator_reads_as_the_language_model_does(language_model):
    """From the same zero state both have the same hidden states of the same tokens."""
    texts, network = tf.constant([[0, 1], [1, 1], [1, 0]]), language_model.generator.network
    expected, _ = network.hidden(texts, network.initial_state(3))
    np.testing.assert_allclose(initialised(language_model).reader(texts), expected, atol=1e-6)


def test_other_sizes_are_refused_with_what_would_do(language_model, game):
    for run in (language_model, game):
        with pytest.raises(SpecError, match="width and layers equal to its units and layers"):
            initialised(run, width=5)


def test_a_run_on_other_data_is_refused(tiny_run, tiny_experiment, tmp_path):
    other = tiny_run(model="lstm(units=6, layers=2)", steps=1, data="oracle(vocabulary_size=3)")
    experiment = tiny_experiment(
        model=GAN.format(6),
        objective="generalised_js",
        init_discriminator_from=str(other.folder.path),
    )
    with pytest.raises(SpecError, match=r"init_discriminator_from: .* was trained on"):
        zoo.train(experiment, str(tmp_path / "run"))


def test_a_run_records_it_and_ends_elsewhere_than_one_without(tiny_run, language_model):
    settings = {"model": GAN.format(6), "objective": "generalised_js", "steps": 1}
    path = str(language_model.folder.path)
    begun, plain = tiny_run(**settings, init_discriminator_from=path), tiny_run(**settings)
    assert load(str(begun.folder.path)).experiment.init_discriminator_from == path
    texts = np.int32([[0, 1]])
    assert begun.log_density_ratio(texts) != plain.log_density_ratio(texts)
