"""A run that is killed and started again ends with the weights of one that was not."""

import random
import signal
import time

import numpy as np
import PIL.Image
import pytest
import tensorflow as tf

import zoo
from zoo.data.base import prepared

STEPS = 40
RUNS = {
    "autoregressive": [
        "--data=surnames",
        "--model=lstm(units=16, layers=1, dropout=0.3)",
        "--objective=maximum_likelihood",
        "--warmup_steps=5",
        "--decay=cosine",
    ],
    "adversarial": [
        "--data=mnist_5k",
        "--model=dcgan(width=4, spectral_normalisation=True)",
        "--objective=generalised_js(pi=[0.2, 0.8], pi_steps=30)",
        "--optimizer=adam(beta_1=0.5)",
    ],
    "with its best": [
        "--data=surnames",
        "--model=lstm(units=8, layers=1)",
        "--objective=maximum_likelihood",
        "--learning_rate=0.1",
        "--keep_best=nll",
        "--sample_every=1",
    ],
}


def command(kind, workdir, *more):
    return [
        *("train.py", f"--workdir={workdir}", f"--steps={STEPS}", "--batch_size=16"),
        *("--average_decay=0.9", "--checkpoint_every=1", "--sample_every=20", *RUNS[kind]),
        *more,
    ]


def state(workdir, steps=STEPS):
    """Every number of the last checkpoint."""
    latest = tf.train.latest_checkpoint(str(workdir / "checkpoints"))
    assert latest.endswith(f"-{steps}")
    reader = tf.train.load_checkpoint(latest)
    names = sorted(reader.get_variable_to_shape_map())
    return {n: reader.get_tensor(n) for n in names if "save_counter" not in n and "OBJECT" not in n}


@pytest.fixture(scope="module", params=list(RUNS))
def whole(request, programs, tmp_path_factory):
    """A run that nothing interrupts."""
    workdir = tmp_path_factory.mktemp(request.param) / "whole"
    finish(programs, *command(request.param, workdir))
    return request.param, workdir


def finish(programs, *arguments):
    """Runs a program to an end without an error."""
    ended = programs.run(*arguments)
    assert ended.returncode == 0, ended.stderr


def wait_for_step(program, workdir, step):
    """Waits until a checkpoint of `step` or later is there."""
    while program.poll() is None:
        latest = tf.train.latest_checkpoint(str(workdir / "checkpoints"))
        if latest and int(latest.rpartition("-")[-1]) >= step:
            return
        time.sleep(0.002)


def test_killed_at_three_random_moments(whole, programs, tmp_path):
    """With a checkpoint after every step, most kills come while one is being written."""
    kind, expected = whole
    moments = random.Random(kind)
    kills = 0
    for step in (5, 15, 28):
        program = programs.start(*command(kind, tmp_path / "run"))
        wait_for_step(program, tmp_path / "run", step + moments.randrange(6))
        time.sleep(moments.uniform(0, 0.05))
        program.send_signal(signal.SIGKILL)
        kills += program.wait() == -signal.SIGKILL
    assert kills == 3
    finish(programs, *command(kind, tmp_path / "run"))
    assert_same_state(tmp_path / "run", expected)
    # The best checkpoints that the last two checkpoints name; a kill may leave others beside them.
    found, wanted = (
        {path.name for path in folder.glob("best/*.data*")}
        for folder in (tmp_path / "run", expected)
    )
    assert len(wanted) == (2 if kind == "with its best" else 0)
    assert wanted <= found


def assert_same_state(workdir, expected):
    """All numbers of the last checkpoints of two runs are equal."""
    found, wanted = state(workdir), state(expected)
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_polite_stop_saves_and_leaves(programs, tmp_path, number):
    arguments = [*command("autoregressive", tmp_path), "--steps=100000", "--checkpoint_every=0"]
    program = programs.start(*arguments)
    logs = tmp_path / "samples"
    while program.poll() is None and not list(logs.glob("step_*")):
        time.sleep(0.05)
    program.send_signal(number)
    assert program.wait() == 130
    error = program.stderr
    assert "The same command goes on from there" in error
    step = int(tf.train.latest_checkpoint(str(tmp_path / "checkpoints")).rpartition("-")[-1])
    assert f"saved at step {step} of" in error


def test_a_second_process_is_refused(programs, tmp_path):
    arguments = [*command("autoregressive", tmp_path), "--steps=100000"]
    first = programs.start(*arguments)
    try:
        wait_for_step(first, tmp_path, 1)
        second = programs.run(*arguments)
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait()
    assert second.returncode == 1
    assert "Another process is training" in second.stderr


@pytest.mark.parametrize("whole", ["adversarial"], indirect=True)
def test_more_steps_go_on_where_fewer_ended(whole, programs, tmp_path):
    """Constant learning rate: 10 + 30 steps are 40."""
    kind, expected = whole
    finish(programs, *command(kind, tmp_path), "--steps=10")
    finish(programs, *command(kind, tmp_path))
    assert_same_state(tmp_path, expected)


@pytest.fixture
def corpus(tmp_path):
    """A text, and how it is trained on."""
    path = tmp_path / "text.txt"
    path.write_text("some words, and others after them. " * 40, encoding="utf-8")
    data = f"text_file(path={str(path)!r}, layout='running', length=9)"
    return {"data": data, "model": "independent"}


@pytest.fixture
def images(tmp_path):
    """A folder of images, and how it is trained on."""
    folder = tmp_path / "images"
    folder.mkdir()
    for number, values in enumerate(np.random.default_rng(0).integers(0, 256, [40, 4, 4], "u1")):
        PIL.Image.fromarray(values).save(folder / f"{number}.png")
    data = f"image_folder(path={str(folder)!r})"
    return {"data": data, "model": "dcgan(width=4)", "objective": "moment_matching"}


@pytest.mark.parametrize("kind", ["corpus", "images"])
def test_data_on_disk_go_on_where_they_were(kind, request, tiny_experiment, tmp_path, monkeypatch):
    """4 steps, and 2 and 2 more, end alike."""
    monkeypatch.setattr(prepared, "LARGE", 0)
    settings = request.getfixturevalue(kind) | {"data_dir": str(tmp_path / "data")}
    states = []
    for name, steps in {"whole": [4], "resumed": [2, 4]}.items():
        for number in steps:
            run = zoo.train(tiny_experiment(steps=number, **settings), str(tmp_path / name))
        assert isinstance(run.dataset.train.values, np.memmap)
        states.append(state(tmp_path / name, 4))
    whole, resumed = states
    assert whole.keys() == resumed.keys()
    for name, value in whole.items():
        np.testing.assert_array_equal(resumed[name], value, err_msg=name)
