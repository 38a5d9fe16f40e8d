"""What every member of every folder must do; a new file is met here by being there."""

import dataclasses
import inspect
import json
import pathlib
import re
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

import export
import zoo
from zoo import domains, metrics, spec
from zoo.errors import DataError
from zoo.metrics import Measurement, RunMetric, SampleMetric
from zoo.models.base.sequence_model import SequenceModel
from zoo.runs import matching
from zoo.runs.evaluation import evaluate

ROOT = pathlib.Path(__file__).parent.parent
FOLDERS = ("data", "models", "objectives", "estimators", "samplers", "trainers", "metrics")
EMBEDDED = {"text": "surnames", "image": "mnist_5k", "points": "gaussian_mixture(count=50)"}
BITS = "mnist_5k(binary=True, labels=True)"  # for models of tokens, and of classes
PAIRS = "pairs(joint=[[0.4, 0.1], [0.2, 0.3]])"
TINY = {"table"}  # models that surnames are too many for
MEMBERS = [(folder, name) for folder in FOLDERS for name in spec.names(folder)]
# What needs an argument from the user, or takes seconds without one.
SAMPLERS = {"top_k": "top_k(k=2)", "nucleus": "nucleus(p=0.5)"}
FIXED = "density_ratio"  # keeps the generator of another run
# Objectives by which a network does nothing that it does not do by another one, too.
ONLY = {"distillation": ["lstm"], "density_ratio": ["gaussian", "text_gan"]}
DATA = {"pairs": PAIRS, "text_file": None, "image_folder": None, "oracle": "oracle(count=20)"}


def combinations():
    """Every model by every objective that can train it and every kind of data."""
    for model in spec.names("models"):
        module = spec.module("models", model)
        for objective in spec.names("objectives"):
            trainer = matching.trainer_of(spec.module("objectives", objective))
            if model not in ONLY.get(objective, [model]):
                continue
            if matching.trains(trainer, module):
                for kind in sorted(domain.kind for domain in matching.domains_of(module)):
                    bits = kind == "image" and issubclass(matching.kind_of(module), SequenceModel)
                    data = PAIRS if model in TINY else BITS if bits else EMBEDDED[kind]
                    yield data, model, objective
    yield BITS, "mlp_gan", "generalised_js"  # a pair that is conditioned on classes


def of_each(*parts):
    """The first combination of each kind; a kind is what these parts of a combination are."""
    first = {}
    for each in combinations():
        first.setdefault(tuple(each[part] for part in parts), each)
    return pytest.mark.parametrize("run", first.values(), indirect=True, ids="-".join)


@pytest.fixture(scope="module", params=combinations(), ids="-".join)
def run(request, tiny_run):
    """One step of a combination with its default arguments."""
    data, model, objective = request.param
    settings = {"data": data, "model": model, "steps": 1, "average_decay": 0.9}
    begun = None
    if objective == "distillation":
        teacher = tiny_run(data=data, model=model, seed=1)
        objective = f"distillation(teacher={str(teacher.folder.path)!r}, own=0.5)"
    if objective == FIXED:
        begun = str(tiny_run(**settings, objective="generalised_js").folder.path)
    return tiny_run(**settings, objective=objective, init_from=begun)


@pytest.mark.parametrize(("folder", "name"), MEMBERS)
def test_a_member_has_a_test_file_of_its_own(folder, name):
    assert (ROOT / "tests" / folder / f"test_{name}.py").is_file()


@pytest.mark.parametrize(("folder", "name"), MEMBERS)
def test_a_member_is_documented(folder, name):
    """A first line on everything public; every argument of build in its docstring."""
    module = spec.module(folder, name)
    assert module.__doc__.strip()
    public = [
        value
        for key, value in vars(module).items()
        if not key.startswith("_")
        and isinstance(value, type | types.FunctionType)
        and value.__module__ == module.__name__
    ]
    assert public
    for value in public:
        assert inspect.getdoc(value), f"{value} has no docstring"
    for key in spec.parameters(getattr(module, "build", module.__class__)):
        documented = inspect.getdoc(module.build) + module.__doc__
        documented += "".join(inspect.getdoc(v) for v in public if isinstance(v, type))
        explained = re.search(rf"(?m)^ *(\w+, )*{key}(, \w+)*: ", documented)
        assert explained, f"{name}: {key} is not explained"


@pytest.mark.parametrize("name", [n for n in spec.names("data") if DATA.get(n, n)])
def test_a_data_set_keeps_its_contract(name):
    module = spec.module("data", name)
    try:
        dataset = spec.build("data", DATA.get(name, name), None)
    except DataError as error:
        pytest.skip(f"the data is not here: {error}")
    assert isinstance(dataset.domain, matching.domain_of(module))
    for split in (dataset.train, dataset.validation, dataset.test):
        batch = split.batch(0, 5, seed=1).numpy()
        np.testing.assert_array_equal(batch, split.batch(0, 5, seed=1))
        assert len(batch) == 5
        if isinstance(dataset.domain, domains.Image):
            assert batch.shape[1:] == dataset.domain.shape
            assert batch.dtype == np.float32
            assert batch.min() >= 0
            assert batch.max() <= 1
        elif isinstance(dataset.domain, domains.Points):
            assert batch.shape[1:] == (dataset.domain.dimension,)
            assert batch.dtype == np.float32
        else:
            assert batch.shape[1] == dataset.domain.length
            assert batch.dtype == np.int32
            assert batch.max() < dataset.domain.vocabulary.size


def test_one_step_changes_every_weight_by_a_finite_gradient(run):
    networks = run.model.networks().values()
    assert all(np.isfinite(v.numpy()).all() for network in networks for v in network.variables)
    keras.utils.set_random_seed(run.experiment.seed)
    fresh = spec.build("models", run.experiment.model, run.domain)
    for name, network in run.model.networks().items():
        if name == "generator" and run.experiment.objective == FIXED:
            continue
        pairs = zip(network.trainable_variables, fresh.networks()[name].trainable_variables,
                    strict=True)  # fmt: skip
        for trained, new in pairs:
            assert np.abs(trained.numpy() - new.numpy()).max() > 0, f"{trained.path} stands still"


@of_each(1)  # whatever the objective was
def test_another_seed_gives_other_weights_and_no_two_alike(run):
    """The run's seed decides all that is random, whenever its parts were imported."""
    drawn = []
    for seed in (1, 2):
        keras.utils.set_random_seed(seed)
        model = spec.build("models", run.experiment.model, run.domain)
        for network in model.networks().values():
            values = (np.ravel(v.numpy())[:10] for v in network.trainable_variables)
            drawn += [v / np.abs(v).max() for v in values if len(v) == 10 and np.ptp(v) > 0]
    for number, one in enumerate(drawn):
        same = [n for n, other in enumerate(drawn[:number]) if np.allclose(one, other)]
        assert not same


def test_saved_and_restored_it_draws_the_same(run):
    again = zoo.load(str(run.folder.path))
    np.testing.assert_array_equal(run.samples(3, seed=1), again.samples(3, seed=1))


def test_samples_are_of_the_data_s_kind(run):
    samples = run.samples(3)
    assert len(samples) == 3
    if run.domain.kind == "image":
        assert samples.shape[1:] == run.domain.shape
        assert samples.dtype == np.float32
        assert 0 <= samples.min() <= samples.max() <= 1
    elif run.domain.kind == "points":
        assert samples.shape[1:] == (run.domain.dimension,)
        assert samples.dtype == np.float32
    else:
        assert all(isinstance(text, str) for text in samples)


@of_each(0, 1)  # whatever the objective was
def test_the_exported_model_answers_as_the_model_does(run, tmp_path):
    """`export` compares every signature in a fresh process before it reports success."""
    version = export.export(str(run.folder.path), str(tmp_path), "model")
    served = tf.saved_model.load(str(version))
    assert "serving_default" in served.signatures


def test_a_run_is_what_its_record_says(run):
    """The specs and settings that were given come back from the folder."""
    recorded = json.loads((run.folder.path / "experiment.json").read_text())["experiment"]
    assert zoo.Experiment(**recorded) == zoo.load(str(run.folder.path)).experiment


def test_every_measure_of_a_model_is_finite_and_recorded(run):
    of_models = [m for m in spec.names("metrics") if isinstance(metrics.find(m), RunMetric)]
    of_models = [m for m in of_models if not metrics.find(m).only_by_name]  # they take long
    fitting = [m for m in of_models if metrics.find(m).applies(run)]
    if fitting:  # none is of a generator without likelihood, trained without a discriminator
        check_measures(run, fitting)


@of_each(0)  # whatever the samples are of
def test_every_measure_of_samples_is_finite_and_recorded(run):
    of_samples = [m for m in spec.names("metrics") if isinstance(metrics.find(m), SampleMetric)]
    check_measures(run, [m for m in of_samples if metrics.find(m).applies(run)])


def check_measures(run, names):
    measured = evaluate(run, splits=("test",), metrics=names, count=20)
    assert measured
    written = json.loads((run.folder.path / "metrics.json").read_text())["metrics"]
    for name, measurement in measured.items():
        assert isinstance(measurement, Measurement)
        assert np.isfinite(measurement.value)
        assert written[name]["value"] == measurement.value
        assert written[name].pop("metric") in names
        assert written[name] == dataclasses.asdict(measurement)


OF_TOKENS = [n for n in spec.names("samplers") if n != "refine"]  # which chooses whole samples


@pytest.mark.parametrize("name", [SAMPLERS.get(n, n) for n in OF_TOKENS])
def test_a_sampler_keeps_shape_and_most_likely_token(name):
    logits = tf.random.stateless_normal([6, 9], [1, 2])
    changed = spec.build("samplers", name)(logits)
    assert changed.shape == logits.shape
    np.testing.assert_array_equal(tf.argmax(changed, -1), tf.argmax(logits, -1))


@pytest.mark.parametrize("name", spec.names("estimators"))
def test_an_estimator_has_the_contract_s_arguments(name):
    estimator = spec.build("estimators", name)
    assert list(inspect.signature(estimator.loss).parameters) == [
        *("generator", "score", "key", "count", "step")
    ]
