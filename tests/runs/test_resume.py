"""A run that is killed and started again ends with the weights of one that was not."""

import pathlib
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf

ROOT = pathlib.Path(__file__).parents[2]
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
}


def command(kind, workdir, *more):
    return [
        *(sys.executable, "train.py", *RUNS[kind], f"--workdir={workdir}", f"--steps={STEPS}"),
        *("--batch_size=16", "--average_decay=0.9", "--checkpoint_every=1", "--sample_every=20"),
        *more,
    ]


def state(workdir):
    """Every number of the last checkpoint."""
    latest = tf.train.latest_checkpoint(str(workdir / "checkpoints"))
    assert latest.endswith(f"-{STEPS}")
    reader = tf.train.load_checkpoint(latest)
    names = sorted(reader.get_variable_to_shape_map())
    return {n: reader.get_tensor(n) for n in names if "save_counter" not in n and "OBJECT" not in n}


@pytest.fixture(scope="module", params=list(RUNS))
def whole(request, tmp_path_factory):
    """A run that nothing interrupts."""
    workdir = tmp_path_factory.mktemp(request.param) / "whole"
    subprocess.run(command(request.param, workdir), cwd=ROOT, check=True, capture_output=True)
    return request.param, workdir


def wait_for_step(process, workdir, step):
    """Waits until a checkpoint of `step` or later is there."""
    while process.poll() is None:
        latest = tf.train.latest_checkpoint(str(workdir / "checkpoints"))
        if latest and int(latest.rpartition("-")[-1]) >= step:
            return
        time.sleep(0.002)


def test_killed_at_three_random_moments(whole, tmp_path):
    """With a checkpoint after every step, most kills come while one is being written."""
    kind, expected = whole
    moments = random.Random(kind)
    kills = 0
    for step in (5, 15, 28):
        process = subprocess.Popen(
            command(kind, tmp_path / "run"), cwd=ROOT, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wait_for_step(process, tmp_path / "run", step + moments.randrange(6))
        time.sleep(moments.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
    assert kills == 3
    subprocess.run(command(kind, tmp_path / "run"), cwd=ROOT, check=True, capture_output=True)
    found, wanted = state(tmp_path / "run"), state(expected)
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_polite_stop_saves_and_leaves(whole, tmp_path, number):
    kind, _ = whole
    arguments = [*command(kind, tmp_path), "--steps=100000", "--checkpoint_every=0"]
    process = subprocess.Popen(
        arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    logs = tmp_path / "samples"
    while process.poll() is None and not list(logs.glob("step_*")):
        time.sleep(0.05)
    process.send_signal(number)
    _, error = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "The same command goes on from there" in error
    step = int(tf.train.latest_checkpoint(str(tmp_path / "checkpoints")).rpartition("-")[-1])
    assert f"saved at step {step} of" in error


def test_a_second_process_is_refused(whole, tmp_path):
    kind, _ = whole
    arguments = [*command(kind, tmp_path), "--steps=100000"]
    first = subprocess.Popen(
        arguments, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for_step(first, tmp_path, 1)
        second = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True)
    finally:
        first.kill()
        first.wait()
    assert second.returncode == 1
    assert "Another process is training" in second.stderr


def test_more_steps_go_on_where_fewer_ended(tmp_path):
    """Constant learning rate: 10 + 30 steps are 40."""
    arguments = command("adversarial", tmp_path / "a")
    subprocess.run([*arguments, "--steps=10"], cwd=ROOT, check=True, capture_output=True)
    subprocess.run(arguments, cwd=ROOT, check=True, capture_output=True)
    subprocess.run(
        command("adversarial", tmp_path / "b"), cwd=ROOT, check=True, capture_output=True
    )
    found, wanted = state(tmp_path / "a"), state(tmp_path / "b")
    for name, value in wanted.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)
