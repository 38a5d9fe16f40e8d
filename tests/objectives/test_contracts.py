"""What an abstract class demands is enough: an objective of two methods has all of a run's life."""

import typing

import numpy as np
import pytest
import tensorflow as tf

import zoo
from export import exporting
from zoo import spec
from zoo.batch import Batch
from zoo.errors import SpecError
from zoo.objectives.base import contracts
from zoo.runs import building, evaluation, matching

POINTS = {
    "data": "gaussian_mixture(count=50)",
    "model": "gaussian(discriminator_units=4)",
    "objective": "hinge",
    "steps": 4,
    "average_decay": 0.5,
    "sample_every": 2,
}
WHAT_WOULD_DO = "no density ratio where Hinge is the objective; train by one .* generalised_js"


@pytest.fixture(scope="module", autouse=True)
def hinge(contributed, tmp_path_factory):
    """The hinge loss of CONTRIBUTING.md, as a member of `zoo.objectives`."""
    with contributed.members(tmp_path_factory.mktemp("members")):
        yield


@pytest.fixture(scope="module")
def run(tiny_run):
    return tiny_run(**POINTS)


def test_it_trains_and_comes_back_with_its_samples(run):
    again = zoo.load(str(run.folder.path))
    assert again.step == 4
    drawn = run.samples(5)
    assert np.isfinite(drawn).all()
    np.testing.assert_array_equal(drawn, again.samples(5))


def test_it_goes_on_as_if_it_had_never_stopped(run, tiny_run):
    half = tiny_run(**POINTS | {"steps": 2})
    parts = zoo.train(run.experiment, str(half.folder.path))
    for name, network in run.model.networks().items():
        for one, other in zip(
            network.variables, parts.model.networks()[name].variables, strict=True
        ):
            np.testing.assert_array_equal(one, other)


def test_it_trains_texts_by_the_usual_estimator(tiny_run):
    run = tiny_run(model="text_gan(generator='table', width=4)", objective="hinge")
    assert len(run.samples(3)) == 3


def test_it_is_exported_without_a_ratio(run, tmp_path):
    servable = exporting.servable(run, None, None)
    assert "log_density_ratio" not in servable.signatures
    assert len(servable.variables) == len(run.generator.variables)
    servable.save(tmp_path / "saved")
    served = tf.saved_model.load(str(tmp_path / "saved")).signatures["generate"]
    drawn = served(seed=tf.range(3, dtype=tf.int64))["point"]
    np.testing.assert_allclose(drawn, run.samples(3), rtol=1e-6)


@pytest.mark.parametrize("metric", ["divergence_bound", "calibration"])
def test_measures_of_a_ratio_are_refused_with_what_would_do(run, metric):
    with pytest.raises(SpecError, match=WHAT_WOULD_DO):
        evaluation.evaluate(run, metrics=(metric,), splits=("test",), count=10)
    settings = evaluation.Settings(metrics=None, splits=("test",), count=10)
    (found,) = evaluation.evaluate_all([run], settings)
    assert metric in found.left_out
    assert found.measured


def test_its_ratio_is_refused_too(run):
    with pytest.raises(SpecError, match=WHAT_WOULD_DO):
        run.log_density_ratio(run.samples(2))
    with pytest.raises(SpecError, match=WHAT_WOULD_DO):
        exporting.servable(run, None, None, calibrated=True)


def test_it_has_no_figures_but_its_losses(run):
    parts = building.compose(run.experiment)
    trainer = building.build_trainer(run.experiment, parts, run.domain)
    real = run.dataset.train.batch(0, 4, seed=0)
    assert set(trainer.train_step((real,))) == {"discriminator_loss", "generator_loss"}
    assert set(trainer.test_step((real,))) == {"diversity"}


@pytest.mark.parametrize(
    ("kind", "methods"),
    [
        ("LikelihoodObjective", {"predict"}),
        ("AdversarialObjective", {"discriminator_loss", "generator_loss"}),
        (
            "DensityRatioObjective",
            {"discriminator_loss", "generator_loss", "log_density_ratio", "divergence_bound"},
        ),
        (
            "FixedGeneratorObjective",
            {"discriminator_loss", "log_density_ratio", "divergence_bound"},
        ),
        ("CooperativeObjective", {"mediator_loss", "generator_loss", "divergence_bound"}),
        ("ImplicitObjective", {"loss"}),
    ],
)
def test_an_abstract_class_demands_what_it_is_documented_to(kind, methods):
    assert getattr(contracts, kind).__abstractmethods__ == methods
    with pytest.raises(TypeError, match="abstract"):
        getattr(contracts, kind)()


@pytest.mark.parametrize("name", spec.names("objectives"))
def test_members_are_of_the_kind_that_their_trainer_takes(name):
    member = spec.module("objectives", name)
    taken = typing.get_type_hints(matching.trainer_of(member).build)["objective"]
    assert issubclass(matching.kind_of(member), taken)


def test_regularisers_do_nothing_by_default():
    batch, objective = Batch(tf.constant([[1, 2]])), spec.build("objectives", "hinge")
    assert objective.instance_noise(batch, 0, None) is batch
    assert objective.gradient_penalty(None, batch) == 0
    assert (objective.num_real(7), objective.num_generated(7)) == (7, 7)
