"""The members in CONTRIBUTING.md, dropped in as they stand, have all of a run's life."""

import numpy as np
import pytest

import zoo
from export import exporting
from zoo import spec

GAN = 'text_gan(generator="bigram", width=4)'


@pytest.fixture(scope="module", autouse=True)
def dropped_in(contributed, tmp_path_factory):
    with contributed.members(tmp_path_factory.mktemp("members")):
        yield


def test_there_is_a_recipe_for_every_kind_of_member(contributed):
    folders = {"objectives", "models", "data", "samplers", "metrics", "estimators"}
    assert {folder for folder, _, _ in contributed.MEMBERS} == folders
    for folder, name, _ in contributed.MEMBERS:
        assert name in spec.names(folder)


@pytest.mark.parametrize(
    ("data", "model", "objective"),
    [
        ("dates(years=2)", "bigram", "maximum_likelihood"),
        ("dates(years=2)", "bigram", "scheduled_sampling(keep_probability=0.5)"),
        ("dates(years=2)", GAN, "generalised_js(estimator='score_function')"),
        ("mnist_5k", "dcgan(width=4)", "hinge"),
        ("mnist_5k(binary=True)", "bigram(patch=[2, 4])", "maximum_likelihood"),
    ],
)
def test_a_run_is_trained_restored_sampled_and_exported(data, model, objective, tiny_run, tmp_path):
    run = tiny_run(data=data, model=model, objective=objective)
    again = zoo.load(str(run.folder.path))
    np.testing.assert_array_equal(run.draw(5), again.draw(5))
    path = exporting.export(again, tmp_path, "served", None, None, None, False, False)
    assert (path / "saved_model.pb").is_file()


def test_the_sampler_keeps_likely_tokens_only():
    keep = spec.build("samplers", "min_p(share=0.5)")
    logits = np.log(np.float32([[0.5, 0.3, 0.2], [0.4, 0.35, 0.25]]))
    np.testing.assert_array_equal(np.isfinite(keep(logits)), [[1, 1, 0], [1, 1, 1]])


def test_the_metric_is_measured_beside_the_others(tiny_run):
    run = tiny_run(data="mnist_5k", model="dcgan(width=4)", objective="hinge")
    measured = zoo.evaluate(run, metrics=("ink",), count=20, splits=("test",))
    assert measured["ink"].value == pytest.approx(np.mean(run.draw(20)), abs=1e-6)
    assert 0 < measured["ink"].ceiling < 1


def test_the_estimator_s_mean_gradient_is_the_exact_one():
    """On two texts of one token: ∇ E_Q[g] over the logits is Q (g - E_Q[g])."""
    data = spec.build("data", "pairs(joint=[[0.4, 0.1], [0.2, 0.3]])", None)
    model = spec.build("models", "bigram", data.domain)
    estimator = spec.build("estimators", "score_function")
    import tensorflow as tf

    from zoo import randomness

    def score(batch):
        return tf.cast(batch.values, tf.float32)  # g is the second token of a pair

    logits, gradients = model.network.logits, []
    for number in range(300):
        key = randomness.fold(tf.constant([1, 2], tf.int64), number)
        with tf.GradientTape() as tape:
            loss = estimator.loss(model, score, key, 64, 0)
        gradients.append(tf.convert_to_tensor(tape.gradient(loss, logits)).numpy())
    mean, error = np.mean(gradients, axis=0), np.std(gradients, axis=0) / np.sqrt(300)
    # Q is uniform: the second token is 1 with probability 1/2, after a first token of either kind.
    exact = np.zeros_like(mean)
    exact[:2] = 0.5 * 0.5 * np.array([-0.5, 0.5])
    np.testing.assert_array_less(np.abs(mean - exact), 5 * error + 1e-6)
