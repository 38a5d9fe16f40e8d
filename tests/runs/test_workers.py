"""Two workers on loopback train what one process trains, and go on after one is killed."""

import os
import signal
import time

import numpy as np
import pytest
import tensorflow as tf

from benchmarks.processes import tf_configs

STEPS = 12
FLAGS = [
    "--data=surnames",
    "--model=lstm(units=8, layers=1, dropout=0.3)",
    "--objective=maximum_likelihood",
    *(f"--steps={STEPS}", "--batch_size=8", "--average_decay=0.5", "--clip_norm=1"),
    *("--optimizer=sgd", "--learning_rate=0.1", "--sample_every=6", "--checkpoint_every=3"),
]


def started(programs, workdir, *more, flags=FLAGS):
    """Both workers, which write their final weights beside the run folder."""
    workers = []
    for index, task in enumerate(tf_configs(2)):
        own = workdir.parent / f"{workdir.name}_{index}.npz"
        place = ["--strategy=multi_worker", f"--workdir={workdir}", *more]
        environment = os.environ | {"TF_CONFIG": task}
        workers.append(programs.start("tests/worker.py", own, *flags, *place, env=environment))
    return workers


def finish(workers):
    for worker in workers:
        assert worker.wait() == 0, worker.stderr


def state(workdir, steps=STEPS):
    """All variables of the last checkpoint of a run."""
    latest = tf.train.latest_checkpoint(str(workdir / "checkpoints"))
    assert latest.endswith(f"-{steps}")
    reader = tf.train.load_checkpoint(latest)
    names = [n for n in reader.get_variable_to_shape_map() if "ATTRIBUTES" in n]
    return {n: reader.get_tensor(n) for n in names if "save_counter" not in n}


@pytest.fixture(scope="module")
def whole(programs, tmp_path_factory):
    """A run of two workers that nothing interrupts."""
    workdir = tmp_path_factory.mktemp("workers") / "run"
    finish(started(programs, workdir))
    return workdir


def test_two_workers_train_what_one_process_trains(whole, programs, tmp_path):
    alone = programs.run("train.py", *FLAGS, "--strategy=cpu", f"--workdir={tmp_path}")
    assert alone.returncode == 0, alone.stderr
    found, wanted = state(whole), state(tmp_path)
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        np.testing.assert_allclose(found[name], value, rtol=0, atol=1e-5, err_msg=name)


def test_two_workers_gather_a_batch_as_it_is_read(programs, tiny_run, tmp_path):
    """Points come to the loss as they are, from no device."""
    settings = {"data": "gaussian_mixture", "model": "gaussian", "objective": "moment_matching"}
    settings |= {"steps": 2, "batch_size": 8, "learning_rate": 0.1}
    flags = [f"--{name}={value}" for name, value in settings.items()]
    finish(started(programs, tmp_path / "run", flags=flags))
    alone = state(tiny_run(**settings).folder.path, 2)
    found = state(tmp_path / "run", 2)
    assert found.keys() == alone.keys()
    for name, value in alone.items():
        np.testing.assert_allclose(found[name], value, rtol=0, atol=1e-5, err_msg=name)


def test_both_workers_end_with_the_same_weights_and_one_writes(whole):
    first, second = (np.load(whole.parent / f"run_{index}.npz") for index in range(2))
    assert len(first.files) > 3
    for name in first.files:
        np.testing.assert_array_equal(first[name], second[name])
    assert len(list((whole / "logs").iterdir())) == 1


def test_a_killed_worker_and_a_restart_of_both_change_nothing(whole, programs, tmp_path):
    workdir = tmp_path / "run"
    chief, worker = started(programs, workdir)
    while not list((workdir / "checkpoints").glob("ckpt-3.index")):
        assert chief.poll() is None, chief.stderr
        time.sleep(0.01)
    worker.send_signal(signal.SIGKILL)
    assert worker.wait() == -signal.SIGKILL
    assert chief.wait() == 1
    assert "Another worker of the run is gone" in chief.stderr
    assert not (workdir / "checkpoints" / f"ckpt-{STEPS}.index").exists()
    finish(started(programs, workdir))
    found = state(workdir)
    for name, value in state(whole).items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def test_a_signal_to_one_worker_stops_both_at_the_same_step(programs, tmp_path):
    workers = started(programs, tmp_path / "run", "--steps=100000", "--sample_every=0")
    while not list((tmp_path / "run" / "checkpoints").glob("ckpt-*.index")):
        assert workers[0].poll() is None, workers[0].stderr
        time.sleep(0.01)
    workers[1].send_signal(signal.SIGTERM)
    assert [worker.wait() for worker in workers] == [130, 130]
    step = tf.train.latest_checkpoint(str(tmp_path / "run" / "checkpoints")).rpartition("-")[-1]
    for worker in workers:
        assert f"saved at step {step} of 100000" in worker.stderr
