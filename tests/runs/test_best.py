"""The best checkpoint by validation is kept, loaded and resumed, and patience ends training."""

import dataclasses
import json
import math
import re
import shutil

import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.errors import RunFolderError, SpecError
from zoo.report import logs
from zoo.runs import best, checkpoints

EVERY, PATIENCE = 2, 2


def updated(record, *values):
    """Whether each value, validated at steps 10, 20 and so on, is an improvement."""
    return [record.update(10 * (n + 1), {"nll": value}) for n, value in enumerate(values)]


def test_an_improvement_is_less_than_all_before_and_a_tie_is_none():
    record = best.BestRecord("nll", patience=2)
    assert updated(record, 3.0, 2.0, 2.5, 2.0) == [True, True, False, False]
    assert (record.best_step, record.ended) == (20, True)
    assert not best.BestRecord("nll", patience=0).ended


@pytest.mark.parametrize(("higher", "expected"), [(True, [1, 1, 0]), (False, [1, 0, 0])])
def test_an_improvement_has_a_direction(higher, expected):
    assert updated(best.BestRecord("nll", higher_is_better=higher), 0.5, 0.75, 0.75) == expected


LSTM = "lstm(units=8, layers=1)"
PAIR = f"text_gan(generator='{LSTM}', discriminator='recurrent', width=8)"


@pytest.mark.parametrize(
    ("model", "objective", "metric", "least_is_kept"),
    [
        (LSTM, "maximum_likelihood", "context_use", False),
        (PAIR, "generalised_js", "divergence_bound", True),
        (PAIR, "density_ratio", "divergence_bound", False),
    ],
)
def test_each_figure_has_its_direction(
    tiny_experiment, tmp_path, model, objective, metric, least_is_kept
):
    generator = tiny_experiment(
        data="surnames", model=LSTM, objective="maximum_likelihood", steps=1
    )
    zoo.train(generator, str(tmp_path / "generator"))
    made = dataclasses.replace(
        generator, model=model, objective=objective, steps=6, sample_every=1, keep_best=metric,
        init_from=str(tmp_path / "generator"),
    )  # fmt: skip
    run = zoo.train(made, str(tmp_path / "run"))
    curve = logs.curves(run.folder.logs)[metric]["validation"]
    wanted = curve.steps[(np.argmin if least_is_kept else np.argmax)(curve.values)]
    assert zoo.load(str(tmp_path / "run"), checkpoint="best").step == wanted


def test_figures_that_are_not_finite_are_no_improvement():
    record = best.BestRecord("nll", patience=3)
    assert updated(record, math.nan, math.inf) == [False, False]
    assert record.best_step == 0
    assert updated(record, math.nan, -1.0, math.nan) == [False, True, False]
    assert record.best_step == 20


def test_an_improvement_starts_patience_anew():
    record = best.BestRecord("nll", patience=2)
    updated(record, 3.0, 4.0, 2.0, 2.5)
    assert not record.ended
    updated(record, 9.0)
    assert record.ended


@pytest.fixture(scope="module")
def made(tiny_experiment):
    """An experiment whose learning rate is so high that validation is best early."""
    return tiny_experiment(
        data="surnames", steps=16, learning_rate=0.3, average_decay=0.5, sample_every=EVERY,
        keep_best="nll",
    )  # fmt: skip


@pytest.fixture(scope="module")
def run(made, tmp_path_factory):
    """Such a run that makes all its steps."""
    return zoo.train(made, str(tmp_path_factory.mktemp("best") / "run"))


@pytest.fixture(scope="module")
def curve(run):
    """The validation figure that it logged."""
    return logs.curves(run.folder.logs)["nll"]["validation"]


def weights(run):
    return [variable.numpy() for variable in run.generator.variables]


def assert_same(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


def latest_state(folder):
    """Every number of the latest checkpoint."""
    path = tf.train.latest_checkpoint(str(folder.checkpoints))
    reader = tf.train.load_checkpoint(path)
    names = sorted(reader.get_variable_to_shape_map())
    kept = [name for name in names if "save_counter" not in name and "OBJECT" not in name]
    return [reader.get_tensor(name) for name in kept]


def test_the_best_is_that_of_the_logged_figures(run, curve):
    assert list(curve.steps) == list(range(EVERY, 17, EVERY))
    assert run.step == curve.steps[np.argmin(curve.values)]
    assert EVERY < run.step < 16
    kept = _improvements(curve)[-2:]  # the one before is that of the checkpoint before
    assert kept[-1] == run.step
    assert {path.name for path in run.folder.best.iterdir()} == {
        f"ckpt-{step}.{end}" for step in kept for end in ("data-00000-of-00001", "index")
    }


def test_the_best_has_the_weights_of_a_run_of_as_many_steps(run, made, tmp_path):
    """They are EMA weights, and keeping them changes no step of training."""
    plain = dataclasses.replace(made, steps=run.step, keep_best=None, sample_every=0)
    assert_same(weights(run), weights(zoo.train(plain, str(tmp_path / "as_many"))))
    whole = zoo.train(dataclasses.replace(plain, steps=16), str(tmp_path / "whole"))
    assert_same(
        weights(zoo.load(str(run.folder.path), checkpoint="latest")),
        weights(whole),
    )


def test_the_logged_figure_is_that_of_the_ema_weights(run, curve):
    """The mean over eight batches of four validation texts, of -log Q a character."""
    generator, values = run.generator, run.dataset.validation
    texts = np.concatenate([values.batch(n, 4, 0).numpy() for n in range(8)])
    nats = -np.asarray(generator.log_prob(texts), np.float64).sum()
    characters = generator.token_mask(texts).numpy().sum()
    assert curve.values.min() == pytest.approx(nats / characters, rel=1e-5)


def test_loading_takes_the_best_unless_told_otherwise(run):
    path = str(run.folder.path)
    assert zoo.load(path).step == zoo.load(path, checkpoint="best").step == run.step
    latest = zoo.load(path, checkpoint="latest")
    assert latest.step == 16
    assert np.any(latest.draw(50) != run.draw(50))
    with pytest.raises(SpecError, match=r"checkpoint='last' is unknown. Known: latest, best."):
        zoo.load(path, checkpoint="last")


def test_the_commands_take_either(run, programs):
    drawn = {
        each: programs.run("sample.py", f"--workdir={run.folder.path}", "--count=20", *each)
        for each in ((), ("--checkpoint=best",), ("--checkpoint=latest",))
    }
    default, chosen, latest = (program.stdout for program in drawn.values())
    assert default == chosen != latest
    assert default.splitlines() == run.samples(20)


def test_a_run_that_keeps_no_best_has_none(tiny_run):
    path = str(tiny_run().folder.path)
    assert zoo.load(path).step == 2
    with pytest.raises(RunFolderError, match="trained without --keep_best"):
        zoo.load(path, checkpoint="best")


def test_until_it_is_validated_a_run_has_its_latest_alone(run, tmp_path):
    record = best.BestRecord("nll")
    components = {"generator": run.generator.variables, "average": run.generator.variables}
    folder = zoo.runs.run_folder.RunFolder(tmp_path)
    folder.create()
    checkpoints.Checkpoints(folder.checkpoints, components | record.components()).save(1)
    shutil.copy(run.folder.path / "experiment.json", tmp_path)
    shutil.copy(run.folder.path / "vocabulary.txt", tmp_path)
    assert zoo.load(str(tmp_path)).step == 1
    with pytest.raises(RunFolderError, match=r"no best checkpoint yet.*Give --checkpoint=latest"):
        zoo.load(str(tmp_path), checkpoint="best")


@pytest.mark.parametrize("damage", ["no folder", "no data", "no index", "flipped", "truncated"])
def test_a_damaged_best_checkpoint_is_told_and_the_latest_loads(run, tmp_path, damage):
    copy = tmp_path / "copy"
    shutil.copytree(run.folder.path, copy)
    best_file = f"ckpt-{run.step}"
    data, index = (copy / "best").glob(f"{best_file}.data*"), copy / "best" / f"{best_file}.index"
    data = next(data)
    if damage == "no folder":
        shutil.rmtree(copy / "best")
    elif damage.startswith("no"):
        (data if "data" in damage else index).unlink()
    elif damage == "flipped":
        content = bytearray(data.read_bytes())
        assert weights(run)[0].tobytes() in content
        content[content.find(weights(run)[0].tobytes())] ^= 1
        data.write_bytes(content)
    else:
        data.write_bytes(data.read_bytes()[:100])
    with pytest.raises(RunFolderError, match=r"is missing or damaged \(.*Give --checkpoint=latest"):
        zoo.load(str(copy))
    assert zoo.load(str(copy), checkpoint="latest").step == 16


def test_where_the_latest_is_damaged_the_best_of_the_one_before_is_there(made, curve, tmp_path):
    """A run that ends with an improvement, and whose last checkpoint is cut off."""
    first, second = _improvements(curve)[:2]
    stopped = zoo.train(dataclasses.replace(made, steps=second, checkpoint_every=100), tmp_path)
    assert stopped.step == second
    index = stopped.folder.checkpoints / f"ckpt-{second}.index"
    index.write_bytes(index.read_bytes()[:10])
    assert zoo.load(str(tmp_path)).step == first


class KilledError(BaseException):
    """Stands for kill -9, after which nothing of the process acts."""


@pytest.mark.parametrize("moment", ["before the latest", "before removing"])
def test_a_kill_between_the_writes_leaves_a_best_that_the_latest_names(
    run, made, curve, tmp_path, monkeypatch, moment
):
    """At the second improvement, when there is an old best to lose."""
    first, second = _improvements(curve)[:2]
    path = str(tmp_path / "run")
    with monkeypatch.context() as patched:
        if moment == "before removing":
            _kill_at_removal(patched, second)
        else:
            _kill_at_save(patched, second)
        with pytest.raises(KilledError):
            zoo.train(made, path)
    expected = second if moment == "before removing" else first
    assert zoo.load(path).step == expected
    assert zoo.load(path, checkpoint="latest").step == expected
    again = zoo.train(made, path)
    assert again.step == run.step
    assert_same(weights(again), weights(run))
    assert_same(latest_state(again.folder), latest_state(run.folder))
    assert len(list(again.folder.best.iterdir())) == 4


def _improvements(curve):
    values, steps = list(curve.values), curve.steps
    return [int(steps[n]) for n in range(len(values)) if values[n] < min([*values[:n], math.inf])]


def _kill_at_save(patched, step):
    save = checkpoints.Checkpoints.save

    def killed(self, at):
        if at == step:
            raise KilledError
        save(self, at)

    patched.setattr(checkpoints.Checkpoints, "save", killed)


def _kill_at_removal(patched, step):
    remove = best._remove_all_but

    def killed(folder, kept):
        if step in kept:
            raise KilledError
        remove(folder, kept)

    patched.setattr(best, "_remove_all_but", killed)


@pytest.fixture(scope="module")
def impatient(made, tmp_path_factory):
    """The same with patience, and what training said."""
    path = str(tmp_path_factory.mktemp("patience") / "run")
    return zoo.train(dataclasses.replace(made, patience=PATIENCE), path)


def _ends(curve):
    """The step at which the last improvement is PATIENCE validations ago, for the first time."""
    steps = curve.steps
    improved = set(_improvements(curve))
    waited = 0
    for step in steps:
        waited = 0 if int(step) in improved else waited + 1
        if waited == PATIENCE:
            return int(step)
    raise AssertionError("The curve never waits.")


def test_patience_ends_a_run_that_is_finished_then(impatient, made, run, curve, capsys):
    path, ends = str(impatient.folder.path), _ends(curve)
    assert ends < 16
    assert zoo.load(path, checkpoint="latest").step == ends
    assert impatient.step == max(step for step in _improvements(curve) if step < ends)
    before = latest_state(impatient.folder)
    for steps in (16, 30):
        again = zoo.train(dataclasses.replace(made, steps=steps, patience=PATIENCE), path)
        said = capsys.readouterr().out
        assert f"ended early, at step {ends}: the validation nll has not improved for 2" in said
        value, step = re.search(r"its best is (\S+) at step (\d+)", said).groups()
        assert float(value) == pytest.approx(curve.values[curve.steps == again.step][0], rel=1e-5)
        assert int(step) == again.step
        assert "give --patience=4, or --patience=0 to make all steps" in said
        assert_same(latest_state(again.folder), before)


def test_more_patience_goes_on_as_if_it_had_been_given_at_first(impatient, made, run, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(impatient.folder.path, copy)
    further = zoo.train(dataclasses.replace(made, patience=0), str(copy))
    assert further.step == run.step
    assert_same(latest_state(further.folder), latest_state(run.folder))


def test_an_early_end_has_status_0(made, programs, tmp_path, curve):
    settings = dataclasses.asdict(dataclasses.replace(made, patience=PATIENCE))
    flags = [f"--{name}={value}" for name, value in settings.items() if value is not None]
    done = programs.run("train.py", *flags, f"--workdir={tmp_path / 'run'}")
    assert done.returncode == 0, done.stderr
    assert f"ended early, at step {_ends(curve)}" in done.stdout
    assert "holds the best checkpoint, of step" in done.stdout


def test_what_decides_the_best_is_recorded_and_compared(run, made):
    record = json.loads((run.folder.path / "experiment.json").read_text())["experiment"]
    assert (record["keep_best"], record["patience"]) == ("nll", 0)
    with pytest.raises(RunFolderError, match="--keep_best was 'nll', now None"):
        zoo.train(dataclasses.replace(made, keep_best=None), str(run.folder.path))


def test_a_run_from_before_there_was_a_best_is_continued(tiny_experiment, tmp_path):
    path, made = tmp_path / "run", tiny_experiment()
    zoo.train(made, str(path))
    record = json.loads((path / "experiment.json").read_text())
    for name in ("keep_best", "patience"):
        del record["experiment"][name]
    (path / "experiment.json").write_text(json.dumps(record))
    assert zoo.load(str(path)).step == 2
    assert zoo.train(dataclasses.replace(made, steps=3), str(path)).step == 3


def test_what_cannot_choose_is_refused(tiny_experiment, tmp_path):
    with pytest.raises(SpecError, match="patience=3 needs a validation figure"):
        tiny_experiment(patience=3)
    for every in (0, 3):
        with pytest.raises(SpecError, match=f"sample_every={every} should be from 1 to steps=2"):
            tiny_experiment(keep_best="nll", sample_every=every)
    made = tiny_experiment(keep_best="bleu", sample_every=1)
    with pytest.raises(SpecError, match=r"keep_best='bleu' .* Known: context_use, nll."):
        zoo.train(made, str(tmp_path / "new"))
    assert not (tmp_path / "new").exists()
