"""The sampler refine: its settings, and what a run draws by it."""

import dataclasses
import math

import numpy as np
import pytest
import tensorflow as tf

from zoo import samplers, spec
from zoo.errors import SpecError
from zoo.runs import evaluation

TEXTS = {"model": "text_gan(generator='lstm(units=4, layers=1)', width=4)"}
POINTS = {"data": "gaussian_mixture(count=200)", "model": "gaussian(discriminator_units=4)"}
IMAGES = {"data": "mnist_5k", "model": "mlp_gan(width=4, maxout_units=4)"}


@pytest.fixture(scope="module", params=[TEXTS, POINTS, IMAGES], ids=["text", "points", "image"])
def run(request, tiny_run):
    trained = tiny_run(**request.param, objective="generalised_js", steps=1, batch_size=8)
    if trained.domain.kind == "image":  # those of a network that has learnt nothing are all alike
        for network in trained.model.networks().values():
            for variable in network.trainable_variables:
                variable.assign(5 * variable)
    # The temperature of a published model: nothing is fitted, and ratios differ by about a nat.
    ratios = trained.log_density_ratio(*trained.examples(50))
    return dataclasses.replace(trained, published_temperature=float(np.std(ratios)))


def by(run, sampler):
    return dataclasses.replace(run, sampler=sampler)


@pytest.mark.parametrize("sampler", ["refine(candidates=1)", "refine(acceptance=1.0)"])
def test_one_candidate_is_plain_sampling(run, sampler):
    found = by(run, sampler).refined(5, seed=3)
    expected = run.samples(5, seed=3)
    if run.domain.kind == "text":
        assert found.samples == expected
    else:
        np.testing.assert_allclose(found.samples, expected, atol=1e-6)  # of other batch shapes
    np.testing.assert_array_equal(found.candidates, 1)


@pytest.mark.parametrize("sampler", ["refine(candidates=6)", "refine(acceptance=0.4)"])
def test_samples_are_those_of_larger_ratio_and_of_their_seed(run, sampler):
    refined = by(run, sampler)
    examples, plain = refined.examples(60, seed=1), run.examples(60, seed=1)
    ratios = [run.log_density_ratio(*each, calibrated=True).mean() for each in (examples, plain)]
    assert ratios[0] > ratios[1] + 0.2
    np.testing.assert_allclose(examples.values[:7], refined.draw(7, seed=1), atol=1e-6)
    assert np.any(refined.draw(7, seed=2) != examples.values[:7])


def test_the_discriminator_is_measured_on_samples_that_are_not_refined(run):
    """On which it was trained: of refined ones its gain would be below 0 the better it is."""
    settings = {"metrics": ("divergence_bound", "refinement_gain", "calibration"), "count": 20}
    refined, plain = (
        evaluation.evaluate(each, splits=("test",), **settings)
        for each in (by(run, "refine(candidates=4)"), run)
    )
    assert refined == plain


def test_a_ratio_that_tells_nothing_is_refused(run):
    useless = dataclasses.replace(by(run, "refine(candidates=2)"), published_temperature=math.inf)
    with pytest.raises(SpecError, match="there is nothing to refine by"):
        useless.draw(3)


def test_a_class_that_is_none_is_refused(run, tiny_run):
    settings = IMAGES | {"data": "mnist_5k(labels=True)", "objective": "generalised_js"}
    trained = dataclasses.replace(tiny_run(**settings), published_temperature=1.0)
    with pytest.raises(SpecError, match=r"label=12: .* has the classes 0 to 9"):
        by(trained, "refine(candidates=2)").refined(3, label=12)
    if run.domain.kind == "image":
        with pytest.raises(SpecError, match=r"label=3: .* is of no classes"):
            by(run, "refine(candidates=2)").refined(3, label=3)


def test_the_classes_of_samples_stay(tiny_run):
    settings = IMAGES | {"data": "mnist_5k(labels=True)", "objective": "generalised_js"}
    trained = dataclasses.replace(tiny_run(**settings), published_temperature=1.0)
    found = by(trained, "refine(candidates=3)").examples(20, seed=1)
    np.testing.assert_array_equal(found.labels, trained.examples(20, seed=1).labels)


def test_it_is_recorded_by_what_is_measured(run):
    refined = by(run, "refine(candidates=2)")
    found = evaluation.evaluate(
        refined, metrics=("refinement_gain", "divergence_bound"), splits=("test",), count=20
    )
    assert np.isfinite([each.value for each in found.values()]).all()


def test_the_bound_of_acceptance_is_that_of_the_prompt(run, monkeypatch):
    """A prompt shifts all ratios: by the bound of other texts all or none would be accepted."""
    if run.domain.kind != "text":
        pytest.skip("only texts begin with a prompt")
    refined = by(run, "refine(acceptance=0.4)")

    def log_ratio(drawn):  # the first token decides it
        first, second = (tf.cast(drawn[0][:, time], tf.float32) for time in (0, 1))
        return 8 * first + second

    monkeypatch.setattr(refined.refiner, "log_ratio", log_ratio)
    for prompt in ("", "0", "1"):
        candidates = refined.refined(400, seed=1, prompt=prompt).candidates
        assert candidates.mean() == pytest.approx(1 / 0.4, abs=0.5)  # 5 standard errors


def test_options_that_are_not_for_the_data_are_refused(run):
    refined = by(run, "refine(candidates=2)")
    with pytest.raises(TypeError, match="promt"):
        refined.samples(2, promt="typo")
    if run.domain.kind != "text":
        with pytest.raises(SpecError, match="leave prompt and length out"):
            refined.samples(2, prompt="M")


def test_a_prompt_is_kept(tiny_run):
    trained = tiny_run(**TEXTS, data="surnames", objective="generalised_js", steps=1, batch_size=4)
    refined = by(dataclasses.replace(trained, published_temperature=1.0), "refine(candidates=3)")
    assert all(text.startswith("Ma") for text in refined.samples(4, prompt="Ma"))
    with pytest.raises(SpecError, match="leave length out"):
        refined.samples(4, length=3)


def test_a_run_without_a_discriminator_is_refused(tiny_run):
    plain = by(tiny_run(steps=1), "refine(candidates=2)")
    for draw in (plain.require_sampler, lambda: plain.samples(2), lambda: plain.draw(2)):
        with pytest.raises(SpecError, match="The run has no discriminator"):
            draw()


def test_a_likelihood_of_refined_samples_is_refused():
    with pytest.raises(SpecError, match="chooses among whole samples"):
        samplers.of_tokens("refine(candidates=2)")


@pytest.mark.parametrize(
    "text",
    [
        "refine",
        "refine(candidates=2, acceptance=0.5)",
        "refine(candidates=0)",
        "refine(candidates=1001)",
        "refine(acceptance=0.0)",
        "refine(acceptance=1.5)",
    ],
)
def test_settings_that_cannot_be_are_refused(text):
    with pytest.raises(SpecError, match="refine: "):
        spec.build("samplers", text)
