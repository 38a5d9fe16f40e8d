"""What an experiment refuses, records and gives back."""

import dataclasses
import itertools
import json
import math
import pathlib
import shutil
import stat

import numpy as np
import pytest

import zoo
from zoo import domains
from zoo.errors import DataError, RunFolderError, SpecError, TrainingDivergedError
from zoo.runs import building, callbacks, initial_weights
from zoo.tokenizers.vocabulary import Vocabulary

TEXT = zoo.Experiment(
    data="surnames",
    model="lstm(units=8, layers=1)",
    objective="maximum_likelihood",
    steps=3,
    batch_size=4,
    sample_every=2,
)
IMAGES = zoo.Experiment(
    data="mnist_5k",
    model="dcgan(width=4)",
    objective="generalised_js(pi=0.3)",
    steps=3,
    batch_size=4,
    sample_every=2,
    average_decay=0.9,
)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"strategy": "ddp"},
            "strategy='ddp' is unknown. Known: auto, cpu, gpu, mirrored, multi_worker, tpu",
        ),
        ({"steps_per_execution": 3}, "should be a multiple of steps_per_execution=3"),
        ({"tpu": "local"}, "is for --strategy=tpu; the strategy is auto"),
        ({"precision": "float16"}, "Known: float32, mixed_bfloat16"),
        ({"decay": "linear"}, "Known: constant, cosine"),
        ({"sample_every": -1}, "should be at least 0"),
        ({"steps": 0}, "steps=0 should be at least 1"),
        ({"average_decay": 1.0}, "below 1"),
        ({"learning_rate": 0.0}, "above 0"),
        ({"clip_norm": -1.0}, "clip_norm=-1.0 should be at least 0"),
        ({"clip_norm": math.inf}, "clip_norm=inf should be finite"),
        ({"clip_norm": math.nan}, "clip_norm=nan should be finite"),
        ({"learning_rate": math.inf}, "learning_rate=inf should be finite"),
        ({"average_decay": math.nan}, "average_decay=nan should be finite"),
        ({"seed": 2**63}, "a whole number below"),
        ({"steps": 2**63}, "a whole number below"),
    ],
)
def test_values_out_of_range_are_refused_before_any_work(changes, message):
    with pytest.raises(SpecError, match=message):
        dataclasses.replace(TEXT, **changes)


@pytest.fixture(scope="module", params=[TEXT, IMAGES], ids=["text", "images"])
def run(request, tmp_path_factory):
    return zoo.train(request.param, str(tmp_path_factory.mktemp("runs") / "run"))


def test_a_run_folder_holds_what_a_run_is(run):
    names = {path.name for path in run.folder.path.iterdir()}
    assert {"experiment.json", "checkpoints", "logs", "samples"} <= names
    record = json.loads((run.folder.path / "experiment.json").read_text())
    assert record["experiment"]["model"] == run.experiment.model
    assert record["versions"].keys() >= {"python", "tensorflow", "keras"}
    assert len(list(run.folder.samples.iterdir())) == 1
    assert list(run.folder.logs.glob("events*"))
    assert run.step == 3


def test_loading_gives_the_same_samples(run):
    again = zoo.load(str(run.folder.path))
    assert again.domain.kind == run.domain.kind
    np.testing.assert_array_equal(run.samples(5, seed=3), again.samples(5, seed=3))
    assert not np.array_equal(run.samples(5, seed=3), run.samples(5, seed=4))


def test_first_samples_do_not_depend_on_how_many_follow(run):
    few, more = run.samples(3, seed=1), run.samples(300, seed=1)
    if run.domain.kind == "text":
        assert few == more[:3]
    else:
        np.testing.assert_allclose(few, more[:3], atol=1e-5)  # products differ in the last bits


def test_prompts_begin_texts_as_they_came_or_are_refused(tmp_path):
    words = "text_file(path='text.txt', level='word')"
    (tmp_path / "text.txt").write_text("The cat, the dog.\nA dog and a cat.\n" * 20)
    made = words.replace("text.txt", str(tmp_path / "text.txt"))
    run = zoo.train(dataclasses.replace(TEXT, data=made), str(tmp_path / "run"))
    assert all(text.startswith("The  CAT, ") for text in run.samples(5, prompt="The  CAT, "))
    with pytest.raises(SpecError, match="not in the vocabulary"):
        run.samples(5, prompt="an elephant")
    with pytest.raises(SpecError, match="give a shorter prompt"):
        run.samples(5, prompt="the cat the dog the cat the dog")


def test_a_finished_run_is_left_as_it_is(run):
    before = {p: p.stat().st_mtime_ns for p in run.folder.checkpoints.iterdir()}
    record = (run.folder.path / "experiment.json").read_bytes()
    fewer = dataclasses.replace(run.experiment, steps=2)
    again = zoo.train(fewer, str(run.folder.path))
    assert again.step == 3
    assert (run.folder.path / "experiment.json").read_bytes() == record
    assert {p: p.stat().st_mtime_ns for p in run.folder.checkpoints.iterdir()} == before


def test_another_experiment_is_refused_by_the_flags_that_differ(run):
    other = dataclasses.replace(run.experiment, seed=7, batch_size=5)
    with pytest.raises(RunFolderError, match="batch_size was 4, now 5; --seed was 0, now 7"):
        zoo.train(other, str(run.folder.path))


def test_a_run_of_an_older_stream_of_random_numbers_loads_and_is_not_continued(run, tmp_path):
    """Runs from before the stream had a version do not record one."""
    older = tmp_path / "older"
    shutil.copytree(run.folder.path, older)
    record = json.loads((older / "experiment.json").read_text())
    assert record.pop("random_stream") == 2
    (older / "experiment.json").write_text(json.dumps(record))
    np.testing.assert_array_equal(zoo.load(str(older)).draw(3), run.draw(3))
    assert zoo.train(run.experiment, str(older)).step == 3
    with pytest.raises(RunFolderError, match="version 1 of the random numbers"):
        zoo.train(dataclasses.replace(run.experiment, steps=5), str(older))
    assert zoo.load(str(older)).step == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "lstm(layers=1,units=8, dropout=0.0)"},
        {"model": " lstm( units = 8, layers = 1, patch=None )"},
        {"objective": "maximum_likelihood()"},
        {"data": "surnames(weighted=False)"},
        {"optimizer": "adam(beta_1=0.9)"},
    ],
)
def test_the_same_experiment_spelt_otherwise_goes_on(text_run, changes):
    again = zoo.train(dataclasses.replace(TEXT, **changes), text_run)
    assert again.experiment.model == TEXT.model
    assert again.step == 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "lstm(units=8, layers=1, dropout=0.1)"}, "--model was"),
        ({"data": "surnames(weighted=True)"}, "--data was"),
        ({"optimizer": "adam(beta_1=0.5)"}, "--optimizer was"),
        ({"optimizer": "adamw"}, "--optimizer was"),
        ({"init_from": "elsewhere"}, "--init_from was"),
    ],
)
def test_another_experiment_is_not_taken_for_the_same(text_run, changes, message):
    with pytest.raises(RunFolderError, match=message):
        zoo.train(dataclasses.replace(TEXT, **changes), text_run)


@pytest.fixture(scope="module")
def text_run(tmp_path_factory):
    """The folder of a run of TEXT."""
    workdir = str(tmp_path_factory.mktemp("runs") / "text")
    zoo.train(TEXT, workdir)
    return workdir


def test_a_file_is_the_same_by_any_path(lines_run, tmp_path, monkeypatch):
    file, made, workdir = lines_run
    (tmp_path / "link").symlink_to(tmp_path)
    monkeypatch.chdir(tmp_path)
    for path in ("text.txt", "./text.txt", str(tmp_path / "link" / "text.txt")):
        run = zoo.train(dataclasses.replace(made, data=f"text_file(path={path!r})"), workdir)
        assert run.experiment.data == made.data
    other = tmp_path / "other.txt"
    other.write_text(file.read_text())
    with pytest.raises(RunFolderError, match="--data was"):
        zoo.train(dataclasses.replace(made, data=f"text_file(path={str(other)!r})"), workdir)


def test_relative_paths_are_found_again_from_another_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pathlib.Path("text.txt").write_text("\n".join(LINES))
    made = dataclasses.replace(
        TEXT, data="text_file(path='text.txt', validation='text.txt')", data_dir="tfds"
    )
    zoo.train(made, "run")
    monkeypatch.chdir("/")
    run = zoo.load(str(tmp_path / "run"))
    assert len(run.dataset.validation) == 105
    assert run.experiment.data_dir == str(tmp_path / "tfds")


def test_a_file_that_has_moved_is_given_anew(lines_run, tmp_path):
    file, made, workdir = lines_run
    there = file.rename(tmp_path / "moved.txt")
    with pytest.raises(DataError, match=r"give its new path in --data: .*to train"):
        _ = zoo.load(workdir).dataset
    moved = dataclasses.replace(made, data=f"text_file(path={str(there)!r})")
    zoo.train(moved, workdir)
    assert len(zoo.load(workdir).dataset.train) == 85
    there.write_text("\n".join(LINES[::-1]))
    with pytest.raises(RunFolderError, match="data has changed"):
        zoo.train(moved, workdir)


def test_steps_after_the_end_of_a_cosine_are_refused_with_what_works(tmp_path, capsys):
    workdir = str(tmp_path / "run")
    cosine = dataclasses.replace(TEXT, decay="cosine", sample_every=0)
    first = zoo.train(cosine, workdir)
    more = dataclasses.replace(cosine, steps=6)
    with pytest.raises(SpecError, match=r"ends at step 3.*Give --decay_steps=6"):
        zoo.train(more, workdir)
    assert zoo.load(workdir).step == 3
    longer = dataclasses.replace(more, decay_steps=6)
    second = zoo.train(longer, workdir)
    assert "now ends at step 6; before it ended at step 3" in capsys.readouterr().out
    assert second.step == 6
    pairs = zip(first.generator.variables, second.generator.variables, strict=True)
    assert all((mine.numpy() != its.numpy()).any() for mine, its in pairs)
    assert zoo.train(more, workdir).experiment.decay_steps == 6


def test_a_new_run_whose_cosine_ends_too_early_is_refused(tmp_path):
    made = dataclasses.replace(TEXT, decay="cosine", decay_steps=2)
    with pytest.raises(SpecError, match=r"ends at step 2.*to --steps=3"):
        zoo.train(made, str(tmp_path / "run"))


def test_data_that_has_changed_is_told(tmp_path):
    (tmp_path / "text.txt").write_text("some\nfew\nlines\nof\nletters\n" * 10)
    text = f"text_file(path={str(tmp_path / 'text.txt')!r})"
    made = dataclasses.replace(TEXT, data=text, steps=1)
    zoo.train(made, str(tmp_path / "run"))
    (tmp_path / "text.txt").write_text("other\nLINES\nof\nletters\nHERE\n" * 10)
    with pytest.raises(RunFolderError, match="data has changed"):
        zoo.train(dataclasses.replace(made, steps=2), str(tmp_path / "run"))


# Whatever part is trained on, a is more frequent than b, and b than c.
LINES = sorted({"".join(line) for line in itertools.permutations("aaaabbc")})


@pytest.fixture
def lines_run(tmp_path):
    """The file of a run of lines, what was trained on it, and its run folder."""
    file = tmp_path / "text.txt"
    file.write_text("\n".join(LINES))
    made = dataclasses.replace(TEXT, data=f"text_file(path={str(file)!r})", sample_every=0)
    zoo.train(made, str(tmp_path / "run"))
    return file, made, str(tmp_path / "run")


def test_a_run_is_watched_on_its_validation_part(lines_run, monkeypatch, tmp_path):
    """No two lines are the same, so that each batch tells which part it is from."""
    _, made, _ = lines_run
    watched, scalars = [], callbacks.Scalars

    def recorded(first_step, folder, validation, *arguments):
        watched.extend(validation)
        return scalars(first_step, folder, validation, *arguments)

    monkeypatch.setattr(callbacks, "Scalars", recorded)
    run = zoo.train(dataclasses.replace(made, steps=1), str(tmp_path / "watched"))
    rows = {tuple(row) for (batch,) in watched for row in batch.numpy().tolist()}
    parts = [set(map(tuple, run.dataset.split(name).values.tolist()))
             for name in ("train", "validation", "test")]  # fmt: skip
    assert len(watched) == 8
    assert rows <= parts[1]
    assert not rows & (parts[0] | parts[2])


def test_lines_that_were_added_are_noticed_and_can_be_gone_on_with(lines_run, capsys):
    file, made, workdir = lines_run
    assert zoo.load(workdir).dataset.domain.kind == "text"
    file.write_text("\n".join([*LINES, *LINES[:50]]))
    more = dataclasses.replace(made, steps=4)
    changed = r"the train, validation and test parts are no longer .*--allow_changed_data"
    with pytest.raises(RunFolderError, match=changed):
        _ = zoo.load(workdir).dataset
    with pytest.raises(RunFolderError, match=changed):
        zoo.train(more, workdir)
    run = zoo.train(more, workdir, allow_changed_data=True)
    assert run.step == 4
    assert len(run.dataset.train) == 125
    assert "The data has changed since the run" in capsys.readouterr().err
    with pytest.raises(RunFolderError, match=changed):  # it goes on being said
        _ = zoo.load(workdir).dataset


def test_a_run_from_before_there_were_digests_loads_and_goes_on(lines_run):
    file, made, workdir = lines_run
    path = pathlib.Path(workdir, "experiment.json")
    record = json.loads(path.read_text())
    assert record.pop("data").keys() == {"train", "validation", "test"}
    path.write_text(json.dumps(record))
    file.write_text("\n".join(LINES[::-1]))
    assert len(zoo.load(workdir).dataset.train) == 85
    assert zoo.train(dataclasses.replace(made, steps=4), workdir).step == 4
    assert json.loads(path.read_text())["data"].keys() == {"train", "validation", "test"}


def test_tokens_that_are_no_longer_the_same_are_refused_in_any_case(lines_run):
    file, _, workdir = lines_run
    file.write_text("\n".join(line.translate({97: "b", 98: "a"}) for line in LINES))
    with pytest.raises(RunFolderError, match=r"another order .*--allow_changed_data cannot help"):
        _ = zoo.load(workdir, allow_changed_data=True).dataset


def test_a_file_of_a_known_distribution_is_noticed_too(tmp_path):
    file = tmp_path / "p.json"
    mixture = {"weights": [1.0], "means": [[0.0, 0.0]], "variances": [1.0]}
    file.write_text(json.dumps(mixture))
    made = dataclasses.replace(
        IMAGES, data=f"gaussian_mixture(path={str(file)!r}, count=20)", model="gaussian"
    )
    run = zoo.train(made, str(tmp_path / "run"))
    file.write_text(json.dumps(mixture | {"means": [[1.0, 0.0]]}))
    with pytest.raises(RunFolderError, match="the distribution part is no longer"):
        _ = run.dataset


def test_generator_has_the_averaged_weights(tmp_path):
    run = zoo.train(IMAGES, str(tmp_path / "run"))
    plain = zoo.train(dataclasses.replace(IMAGES, average_decay=0.0), str(tmp_path / "b"))
    differences = [
        np.abs(a.numpy() - b.numpy()).max()
        for a, b in zip(run.generator.variables, plain.generator.variables, strict=True)
    ]
    assert max(differences) > 0


def test_mixed_precision_trains_and_loads_in_float32(tmp_path):
    for number, base in enumerate((TEXT, IMAGES)):
        mixed = dataclasses.replace(base, precision="mixed_bfloat16")
        run = zoo.train(mixed, str(tmp_path / str(number)))
        assert run.generator.compute_dtype == "float32"
        assert len(run.samples(2)) == 2


def test_a_run_that_diverges_keeps_its_last_finite_checkpoint(tmp_path):
    """The learning rate rises from 0 at the first step to 5e37 at the second."""
    broken = dataclasses.replace(TEXT, learning_rate=1e38, warmup_steps=2, checkpoint_every=1)
    with pytest.raises(TrainingDivergedError, match=r"At step [23] .* (inf|nan|not finite)"):
        zoo.train(broken, str(tmp_path / "run"))
    run = zoo.load(str(tmp_path / "run"))
    assert run.step < 3
    assert all(np.isfinite(v.numpy()).all() for v in run.generator.variables)


@pytest.mark.parametrize(
    ("model", "objective", "domain"),
    [
        ("gaussian", "generalised_js(discriminator_steps=3)", domains.Points(2)),
        (
            "mediated(generator='independent()')",
            "mediated_js(mediator_steps=3)",
            domains.Text(Vocabulary(["a", "b"], "character"), 4, contiguous=False),
        ),
    ],
)
def test_the_learning_rate_goes_with_the_steps_of_training_for_both_players(
    tiny_experiment, model, objective, domain
):
    """With three steps of the other for each of the generator, its rate falls thrice as slowly."""
    data = "gaussian_mixture(count=10)" if domain.kind == "points" else "surnames"
    made = tiny_experiment(
        data=data, model=model, objective=objective, steps=10, warmup_steps=4, decay="cosine"
    )
    trainer = building.build_trainer(made, building.compose(made), domain)

    def rate(optimizer, step):
        optimizer.iterations.assign(step)
        return float(optimizer.learning_rate)

    for step in range(11):
        expected = rate(trainer.generator_optimizer, step)
        assert rate(trainer.second_optimizer, 3 * step) == pytest.approx(expected, abs=1e-9)
    assert rate(trainer.generator_optimizer, 4) == pytest.approx(1e-3)


def test_a_loss_that_is_not_finite_stops_the_run_and_says_what_to_try(tmp_path):
    broken = dataclasses.replace(TEXT, learning_rate=1e38, warmup_steps=2, checkpoint_every=0)
    with pytest.raises(TrainingDivergedError, match=r"(?s)nll is .*lower --learning_rate"):
        zoo.train(broken, str(tmp_path / "run"))
    with pytest.raises(RunFolderError, match="no checkpoint yet"):
        zoo.load(str(tmp_path / "run"))


def test_a_folder_without_a_run_is_told(tmp_path):
    with pytest.raises(RunFolderError, match="not a run folder"):
        zoo.load(str(tmp_path))


def test_an_unreadable_record_is_told(tmp_path):
    (tmp_path / "experiment.json").write_text("{")
    with pytest.raises(RunFolderError, match="Cannot read"):
        zoo.load(str(tmp_path))


def test_a_run_that_does_not_begin_leaves_no_folder(tmp_path):
    wrong = dataclasses.replace(TEXT, data="text_file(path='/nowhere.txt')")
    with pytest.raises(DataError):
        zoo.train(wrong, str(tmp_path / "run"))
    assert not (tmp_path / "run").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(DataError):
        zoo.train(wrong, str(tmp_path / "mine"))
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_a_workdir_without_a_name_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunFolderError, match="has no name"):
        zoo.train(TEXT, "")
    with pytest.raises(RunFolderError, match="has no name"):
        zoo.load("")
    assert not list(tmp_path.iterdir())


def test_a_workdir_that_is_a_file_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    assert stat.S_ISREG((tmp_path / "file").stat().st_mode)
    with pytest.raises(RunFolderError, match="Cannot write to the run folder"):
        zoo.train(TEXT, str(tmp_path / "file"))


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory):
    """A generator with an average, which is what others begin with."""
    made = dataclasses.replace(TEXT, learning_rate=0.1, average_decay=0.9, sample_every=0)
    return zoo.train(made, str(tmp_path_factory.mktemp("runs") / "pretrained"))


def initialised(pretrained, **changes):
    """An experiment that leaves the weights where they begin."""
    made = {
        "model": "lstm(units=8, layers=1, dropout=0.2)",
        "init_from": str(pretrained.folder.path),
        "learning_rate": 1e-30,
        "average_decay": 0.9,
        "sample_every": 0,
        "steps": 1,
    }
    return dataclasses.replace(TEXT, **(made | changes))


def test_a_run_begins_with_another_s_generator_and_then_needs_it_no_more(pretrained, tmp_path):
    original, copy = pretrained.folder.path, tmp_path / "copy"
    shutil.copytree(original, copy)
    made = initialised(pretrained, init_from=str(copy))
    run = zoo.train(made, str(tmp_path / "run"))
    for mine, its in zip(run.generator.variables, pretrained.generator.variables, strict=True):
        np.testing.assert_array_equal(mine, its)
    record = json.loads((run.folder.path / "experiment.json").read_text())
    assert record["experiment"]["init_from"] == str(copy)
    shutil.rmtree(copy)
    assert zoo.train(dataclasses.replace(made, steps=2), str(tmp_path / "run")).step == 2
    with pytest.raises(RunFolderError, match=r"--init_from was .*, now None"):
        zoo.train(dataclasses.replace(made, init_from=None), str(tmp_path / "run"))


@pytest.mark.parametrize(
    ("model", "objective", "begun"),
    [
        ("text_gan", "generalised_js", ("generator", "average")),
        ("mediated", "mediated_js", ("generator", "average", "mediator")),
    ],
)
def test_what_has_a_generator_begins_with_it_too(pretrained, model, objective, begun):
    made = f"{model}(generator='lstm(units=8, layers=1)')"
    made = initialised(pretrained, model=made, objective=objective)
    parts = building.compose(made)
    trainer = building.build_trainer(made, parts, pretrained.domain)
    initial_weights.take(trainer, parts.specs.model, pretrained.domain, pretrained)
    for name in begun:
        pairs = zip(trainer.components()[name], pretrained.generator.variables, strict=True)
        for mine, its in pairs:
            np.testing.assert_array_equal(mine, its)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "lstm(units=9, layers=1)"}, "here it is lstm.units=9,"),
        ({"model": "gru(units=8, layers=1)"}, "here it is gru"),
        ({"data": "mnist_5k(binary=True)"}, "here are grey images of 28×28×1"),
        ({"data": "text_file(path={words!r}, level='word')"}, "here are texts of up to"),
    ],
)
def test_a_generator_that_does_not_fit_is_refused(pretrained, tmp_path, changes, message):
    words = tmp_path / "words.txt"
    words.write_text("a few words\n" * 20, encoding="utf-8")
    changes = {name: text.format(words=str(words)) for name, text in changes.items()}
    with pytest.raises(SpecError, match=f"init_from: .*{message}"):
        zoo.train(initialised(pretrained, **changes), str(tmp_path / "run"))
    assert not (tmp_path / "run" / "experiment.json").exists()


@pytest.mark.parametrize(
    "model", ["lstm(units=8, layers=1, tied=True)", "transformer(units=8, layers=1, heads=2)"]
)
def test_rows_are_mapped_by_token_where_the_text_has_others(model, tmp_path, capsys):
    """And what is predicted of known tokens, among themselves, is what was predicted."""
    for name, text in {"before": "abcab", "after": "zbacz"}.items():
        lines = [text[shift:] + text[:shift] for shift in range(5)] * 8
        (tmp_path / name).write_text("\n".join(lines), encoding="utf-8")
    made = dataclasses.replace(
        TEXT,
        data=f"text_file(path={str(tmp_path / 'before')!r})",
        model=model,
        learning_rate=0.1,
        sample_every=0,
    )
    first = zoo.train(made, str(tmp_path / "first"))
    made = dataclasses.replace(
        made,
        data=f"text_file(path={str(tmp_path / 'after')!r})",
        learning_rate=1e-30,
        init_from=str(first.folder.path),
        steps=1,
    )
    second = zoo.train(made, str(tmp_path / "second"))
    assert "5 of 6 tokens are initialised from" in capsys.readouterr().out
    logits = {}
    for run in (first, second):
        vocabulary, network = run.domain.vocabulary, run.generator.network
        ids = [vocabulary.tokens.index(token) for token in "abc"]
        inputs = np.int32([[vocabulary.start, *ids]])
        logits[run.folder.path.name] = network(inputs).numpy()[..., ids]
    np.testing.assert_allclose(logits["second"], logits["first"], rtol=1e-4, atol=1e-5)


def test_a_folder_to_begin_from_that_is_no_run_is_told(pretrained, tmp_path):
    made = initialised(pretrained, init_from=str(tmp_path))
    with pytest.raises(RunFolderError, match="not a run folder"):
        zoo.train(made, str(tmp_path / "run"))
