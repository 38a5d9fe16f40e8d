"""A run is published and loaded again: by what is in the folder alone, and whole or not at all."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import safetensors

import zoo
from zoo.errors import PretrainedError, RunFolderError, SpecError
from zoo.pretrained import card, index, manifest
from zoo.runs import evaluation, loading, publishing

FACTS = card.Facts(
    name="tiny",
    summary="A tiny model.",
    data_id="surnames",
    command="python train.py --flagfile=tiny.flags",
    hardware="one core",
    minutes=1,
    failures=("It has learnt nothing.",),
)
KINDS = {
    "text": ("surnames", "lstm(units=4, layers=1)", "maximum_likelihood"),
    "image": ("mnist_5k(labels=True)", "dcgan(width=4)", "generalised_js"),
}


@pytest.fixture(scope="module", params=KINDS)
def run(request, tmp_path_factory):
    """A run of two steps with EMA weights."""
    made = zoo.Experiment(
        *KINDS[request.param], steps=2, batch_size=4, average_decay=0.5, sample_every=0
    )
    return zoo.train(made, str(tmp_path_factory.mktemp("runs") / "run"))


def few_metrics(run, count):
    names = ("nll",) if run.domain.kind == "text" else ("parzen", "divergence_bound")
    return evaluation.evaluate(run, count=count, metrics=names, splits=("test",))


@pytest.fixture(scope="module")
def published(run, tmp_path_factory):
    """The folder, and what the run gave before."""
    before = run.draw(20, seed=3)
    path = publishing.publish(run, FACTS, tmp_path_factory.mktemp("out"), few_metrics, count=20)
    return path, before


def test_it_draws_what_the_run_draws(published, run):
    path, before = published
    loaded = zoo.load_pretrained(str(path))
    assert loaded.step == 2
    drawn = loaded.draw(20, seed=3)
    if run.domain.kind == "text":
        assert np.mean(drawn == before) > 0.95  # in float16 a draw may fall on the other side
    else:
        np.testing.assert_allclose(drawn, before, atol=2e-3)
    np.testing.assert_array_equal(drawn, run.draw(20, seed=3))  # which has these weights now


def test_it_measures_what_its_card_says(published, monkeypatch, tmp_path):
    path, _ = published
    monkeypatch.chdir(tmp_path)
    loaded = zoo.load_pretrained(str(path))
    found = {name: dataclasses.asdict(one) for name, one in few_metrics(loaded, 20).items()}
    recorded = json.loads((path / "metrics.json").read_text(encoding="utf-8"))
    assert card.agreement(found, recorded["metrics"]).startswith(f"all {len(found)} figures")
    assert (tmp_path / "evaluations" / "tiny" / "metrics.json").is_file()
    other = {name: one | {"value": one["value"] + 1e3} for name, one in found.items()}
    assert "differ by more than two standard errors" in card.agreement(other, recorded["metrics"])


@pytest.mark.parametrize(("dtype", "error"), [("int8", 1.0), ("float16", 0.01), ("float32", 1e-9)])
def test_the_smallest_weights_that_keep_likelihoods_are_taken(run, tmp_path, dtype, error):
    """The figure is one weight: of 8 bits it is right to about 0.4 %, of 16 to 0.02 %."""
    if run.domain.kind == "text":
        pytest.skip("so small a model has no blocks")

    def evaluate(run, count):
        few_metrics(run, count)
        path = run.results / "metrics.json"
        content = json.loads(path.read_text(encoding="utf-8"))
        weight = abs(float(run.generator.trainable_variables[0].numpy().flat[1]))
        figure = {"value": weight, "standard_error": weight * error, "better": "lower"}
        content["metrics"]["nll"] = content["metrics"]["parzen"] | figure
        path.write_text(json.dumps(content), encoding="utf-8")

    trained = zoo.load(str(run.folder.path))  # with weights that were not rounded yet
    path = publishing.publish(trained, FACTS, tmp_path, evaluate, count=20)
    with safetensors.safe_open(path / "model.safetensors", framework="numpy") as file:
        stored = {str(file.get_tensor(name).dtype) for name in file.keys()}  # noqa: SIM118
    assert stored == ({"int8", "float16", "float32"} if dtype == "int8" else {dtype})


def test_its_temperature_is_that_of_its_weights(run, tmp_path):
    """In float16, whose rounding changes the ratio and so the temperature that calibrates it."""
    if run.domain.kind == "text":
        pytest.skip("likelihood has no discriminator")

    def evaluate(run, count):
        evaluation.evaluate(run, count=count, metrics=("calibration",), splits=("test",))

    trained = zoo.load(str(run.folder.path))
    before = trained.calibration_temperature
    path = publishing.publish(trained, FACTS, tmp_path, evaluate, count=50)
    recorded = json.loads((path / "metrics.json").read_text(encoding="utf-8"))["metrics"]
    published = zoo.load_pretrained(str(path))
    assert 1 / published.published_temperature == recorded["inverse_temperature"]["value"]
    assert published.published_temperature != before
    fitted = dataclasses.replace(published, published_temperature=None)
    assert fitted.calibration_temperature == published.published_temperature


def test_the_card_says_what_it_must(published, run):
    path, _ = published
    text = (path / "README.md").read_text(encoding="utf-8")
    assert text.startswith("---\nlicense: apache-2.0\n")
    for part in (
        *(FACTS.name, FACTS.summary, FACTS.command, *FACTS.failures),
        *(run.experiment.data, run.experiment.model, run.experiment.objective),
        *("## Sample", "## Results", "## Known failures", "## Use", publishing.processor()),
        f'zoo.load_pretrained("{FACTS.name}")',
    ):
        assert part in text
    assert str(run.folder.path) not in text


def test_a_log_density_ratio_is_calibrated_without_data(published, run):
    if run.domain.kind == "text":
        pytest.skip("likelihood has no discriminator")
    loaded = zoo.load_pretrained(str(published[0]))
    assert "dataset" not in vars(loaded)
    examples = loaded.examples(5)
    ratio = loaded.log_density_ratio(*examples, calibrated=True)
    assert "dataset" not in vars(loaded)
    np.testing.assert_allclose(
        ratio * loaded.calibration_temperature, loaded.log_density_ratio(*examples), rtol=1e-6
    )


def test_a_run_is_initialised_from_it(published, run, tmp_path):
    if run.domain.kind == "image":
        pytest.skip("one kind is enough")
    made = dataclasses.replace(
        run.experiment, init_from=str(published[0]), steps=1, learning_rate=1e-12
    )
    finer = zoo.train(made, str(tmp_path / "finer"))
    for one, other in zip(finer.generator.variables, run.generator.variables, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_nothing_is_trained_in_its_folder(published, run):
    before = sorted((path, path.stat().st_mtime_ns) for path in published[0].rglob("*"))
    with pytest.raises(RunFolderError, match="holds a published model, which stays as it is"):
        zoo.train(run.experiment, str(published[0]))
    assert sorted((path, path.stat().st_mtime_ns) for path in published[0].rglob("*")) == before


def test_a_new_run_may_have_the_name_of_a_published_model(run, tmp_path, monkeypatch):
    if run.domain.kind == "image":
        pytest.skip("one kind is enough")
    monkeypatch.chdir(tmp_path)
    assert zoo.train(dataclasses.replace(run.experiment, steps=1), "surnames_lstm").step == 1


def test_other_data_are_refused(published, run, tmp_path):
    if run.domain.kind == "image":
        pytest.skip("one kind is enough")
    loaded = zoo.load_pretrained(str(published[0]), data="surnames(weighted=True)")
    with pytest.raises(RunFolderError, match="The data has changed"):
        loaded.dataset  # noqa: B018


def test_other_data_are_taken_where_they_are_allowed(published, run):
    if run.domain.kind == "image":
        pytest.skip("one kind is enough")
    other = "surnames(weighted=True)"
    loaded = zoo.load_pretrained(str(published[0]), data=other, allow_changed_data=True)
    assert loaded.dataset.train.weights is not None


def test_a_folder_is_recorded_by_its_whole_path(published, run, tmp_path, monkeypatch):
    """So that the run is continued from elsewhere; a name is the same everywhere."""
    if run.domain.kind == "image":
        pytest.skip("one kind is enough")
    monkeypatch.chdir(published[0].parent)
    made = dataclasses.replace(run.experiment, init_from="tiny", steps=1)
    finer = zoo.train(made, str(tmp_path / "finer"))
    assert finer.experiment.init_from == str(published[0])
    made = dataclasses.replace(made, init_from="surnames_lstm", model="lstm(units=128, layers=1)")
    assert zoo.train(made, str(tmp_path / "named")).experiment.init_from == "surnames_lstm"
    teaching = {"objective": "distillation(teacher='tiny')", "init_from": None}
    written = publishing.without_paths(dataclasses.asdict(made) | teaching)
    assert written["objective"] == "distillation(teacher='tiny')"
    teaching = {"objective": f"distillation(teacher={str(published[0])!r})", "init_from": None}
    written = publishing.without_paths(dataclasses.asdict(made) | teaching)
    assert written["objective"] == "distillation(teacher='tiny')"


def test_a_name_that_is_a_run_folder_too_is_refused(run, tmp_path, monkeypatch):
    if run.domain.kind == "image":
        pytest.skip("one kind is enough")
    shutil.copytree(run.folder.path, tmp_path / "surnames_lstm")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpecError, match=r"and a run folder here. Write ./surnames_lstm for"):
        loading.load_either("surnames_lstm")
    assert loading.load_either("./surnames_lstm").step == 2


def test_models_of_points_are_refused_before_they_are_measured(tiny_run, tmp_path):
    points = tiny_run(
        data="gaussian_mixture(count=50)", model="gaussian", objective="generalised_js"
    )
    with pytest.raises(PretrainedError, match="this one is of points"):
        publishing.publish(points, FACTS, tmp_path, few_metrics)
    assert list(tmp_path.iterdir()) == []


def test_a_record_of_a_newer_version_is_refused(run, tmp_path):
    shutil.copytree(run.folder.path, tmp_path / "run")
    path = tmp_path / "run" / "experiment.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record["experiment"]["momentum"] = 0.9
    path.write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(
        RunFolderError, match=r"another version .* has momentum. Update the package"
    ):
        zoo.load(str(tmp_path / "run"))
    with pytest.raises(RunFolderError, match="has momentum"):
        zoo.train(run.experiment, str(tmp_path / "run"))


def test_a_name_is_not_taken_twice(published, run):
    with pytest.raises(PretrainedError, match="exists already"):
        publishing.publish(run, FACTS, published[0].parent, few_metrics, count=20)


def test_among_the_models_of_the_package_it_is_found_by_name(run, tmp_path, monkeypatch):
    if run.domain.kind == "image":
        pytest.skip("one kind is enough")
    monkeypatch.setattr(index, "MODELS", tmp_path)
    path = publishing.publish(run, FACTS, tmp_path, few_metrics, count=20)
    assert index.summaries() == {"tiny": FACTS.summary}
    assert index.locate("tiny") == path
    assert zoo.load_pretrained("tiny").step == 2
    (path / "model.json").write_text(
        (path / "model.json").read_text().replace("A tiny", "A tinier")
    )
    with pytest.raises(PretrainedError, match="is not the manifest that was asked for"):
        zoo.load_pretrained("tiny")


def test_of_a_run_that_keeps_its_best_the_best_is_published(tiny_experiment, tmp_path):
    """With a learning rate that spoils the model before the last step."""
    made = tiny_experiment(
        data="surnames", steps=12, learning_rate=0.3, sample_every=1, keep_best="nll"
    )
    trained = zoo.train(made, str(tmp_path / "run"))
    assert 1 < trained.step < 12
    weights = [variable.numpy() for variable in trained.generator.variables]
    path = publishing.publish(trained, FACTS, tmp_path / "out", few_metrics, count=20)
    loaded = zoo.load_pretrained(str(path))
    assert loaded.step == trained.step
    for one, other in zip(loaded.generator.variables, weights, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-3)


def test_a_failed_evaluation_leaves_nothing(run, tmp_path):
    def fails(run, count):
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"):
        publishing.publish(run, FACTS, tmp_path, fails, count=20)
    assert list(tmp_path.iterdir()) == []


def test_nothing_of_a_damaged_model_is_loaded(published, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(published[0], folder)
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "model.safetensors").write_bytes(content)
    with pytest.raises(PretrainedError, match=r"model\.safetensors is damaged"):
        zoo.load_pretrained(str(folder))
    assert manifest.read(published[0])["summary"] == FACTS.summary


@pytest.mark.parametrize(
    ("name", "change", "kept"),
    [("nll", 0.0014, True), ("nll", 0.0016, False), ("mauve", 0.12, True), ("mauve", 0.13, False)],
)
def test_rounded_weights_have_to_keep_likelihoods(tmp_path, name, change, kept):
    """Figures of samples move with the draws, and may by three standard errors of a difference."""
    one = {"value": 1.5, "standard_error": 0.03, "unit": "nats"}
    for folder, moved in (("exact", 0), ("rounded", change)):
        (tmp_path / folder).mkdir()
        metrics = {"nll": one, "mauve": one, name: one | {"value": 1.5 + moved}}
        content = json.dumps({"metrics": metrics})
        (tmp_path / folder / "metrics.json").write_text(content, encoding="utf-8")
    assert publishing.keeps_figures(tmp_path / "exact", tmp_path / "rounded") == kept
