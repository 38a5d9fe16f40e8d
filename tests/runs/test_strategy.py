"""N replicas take the step that one takes on their batches together."""

import json
import os
import pathlib
import subprocess
import sys
import types

import numpy as np
import pytest
import tensorflow as tf

from zoo import replicas
from zoo.errors import SpecError
from zoo.runs import strategies

ROOT = pathlib.Path(__file__).parents[2]
SETTINGS = {
    "steps": 2,
    "batch_size": 8,
    "optimizer": "sgd",
    "learning_rate": 0.1,
    "clip_norm": 1.0,
    "average_decay": 0.5,
    "sample_every": 2,
}
# Each with dropout, since masks are drawn for the global batch; those without clipping hand over
# gradients by another way.
RUNS = {
    "autoregressive": (
        4,
        {
            "data": "surnames",
            "model": "lstm(units=8, layers=1, dropout=0.3)",
            "objective": "scheduled_sampling(keep_probability=0.5)",
            "clip_norm": 0.0,
            "keep_best": "nll",
        },
    ),
    "adversarial": (
        2,
        {
            "data": "mnist_5k(labels=True)",
            "model": "dcgan(width=4)",
            "objective": "generalised_js(discriminator_steps=2, generator_loss='forward_kl', "
            "instance_noise=0.1)",
            "sample_every": 0,
        },
    ),
    "adversarial on texts": (
        2,
        {
            "data": "surnames",
            "model": "text_gan(generator='lstm(units=8)', width=8, dropout=0.2)",
            "objective": "generalised_js",
        },
    ),
    "cooperative": (
        2,
        {
            "data": "surnames",
            "model": "mediated(generator='lstm(units=8)')",
            "objective": "mediated_js(mediator_steps=2, future=True)",
        },
    ),
    "implicit": (
        2,
        {
            "data": "mnist_5k",
            "model": "mlp_gan",
            "objective": "moment_matching",
        },
    ),
    "discriminative": (
        2,
        {
            "data": "gaussian_mixture",
            "model": "gaussian",
            "objective": "density_ratio",
            "init_from": str(ROOT / "tests/fixtures/runs/points_gaussian"),
        },
    ),
    "distillation": (
        2,
        {
            "data": "surnames",
            "model": "gru(units=8, layers=1, dropout=0.3)",
            "objective": "distillation(teacher='surnames_lstm', own=0.5)",
            "sample_every": 0,
        },
    ),
}


def state(workdir):
    """All variables of the last checkpoint of a run."""
    reader = tf.train.load_checkpoint(str(workdir / "checkpoints"))
    names = [n for n in reader.get_variable_to_shape_map() if "ATTRIBUTES" in n]
    return {n: reader.get_tensor(n) for n in names if "save_counter" not in n}


@pytest.mark.parametrize("kind", RUNS)
def test_replicas_take_the_step_of_one(kind, programs, tiny_run, tmp_path):
    number, settings = RUNS[kind]
    settings = SETTINGS | settings
    shared = settings | {"strategy": "mirrored", "workdir": str(tmp_path / "shared")}
    program = programs.start("tests/replicated.py", number, json.dumps(shared))
    alone = state(tiny_run(**settings).folder.path)
    assert program.wait() == 0, program.stderr
    found = state(tmp_path / "shared")
    assert found.keys() == alone.keys()
    for name, value in alone.items():
        np.testing.assert_allclose(found[name], value, rtol=0, atol=1e-5, err_msg=name)


def test_rows_of_all_replicas_are_the_batch():
    """Each update reads its own part of the batch, whoever reads it."""
    rows = [replicas.rows_of_batch(12, 3, replica, 2).numpy() for replica in range(2)]
    np.testing.assert_array_equal(rows, [[0, 1, 4, 5, 8, 9], [2, 3, 6, 7, 10, 11]])


@pytest.fixture
def second_of_three(monkeypatch):
    """This process as the second of three replicas."""
    context = types.SimpleNamespace(
        replica_id_in_sync_group=1,
        all_reduce=lambda op, values: values,
    )
    strategy = types.SimpleNamespace(num_replicas_in_sync=3)
    monkeypatch.setattr(tf.distribute, "get_replica_context", lambda: context)
    monkeypatch.setattr(tf.distribute, "get_strategy", lambda: strategy)


def test_a_replica_keeps_the_draws_of_its_rows(second_of_three):
    drawn = replicas.own_rows(lambda rows: tf.range(rows), 2)
    np.testing.assert_array_equal(drawn, [2, 3])
    drawn = replicas.own_rows(lambda rows: tf.range(rows)[None] + tf.zeros([2, 1], tf.int32), 2, 1)
    np.testing.assert_array_equal(drawn, [[2, 3]] * 2)
    with replicas.joined(2, 1):  # of two batches of 6 and 3 rows
        np.testing.assert_array_equal(replicas.own_rows(lambda rows: tf.range(rows), 3), [2, 3, 7])


@pytest.mark.parametrize("limit", [None, 1.0])
def test_a_replica_hands_over_its_share_of_the_gradient(second_of_three, limit):
    """Optimizers add up what replicas hand over: without clipping too it has to be the mean."""
    handed = []
    optimizer = types.SimpleNamespace(
        apply=lambda gradients, variables: handed.extend(gradients), global_clipnorm=limit
    )
    tape = types.SimpleNamespace(gradient=lambda loss, variables: [tf.constant(6.0)])
    replicas.descend(optimizer, None, tape, [None])
    assert [float(gradient) for gradient in handed] == [2.0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "worker",
        "[]",
        '{"cluster": {"worker": ["a:1"]}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}',
        '{"cluster": {"worker": ["a"]}, "task": {"type": "worker", "index": 0}}',
        '{"cluster": {"ps": ["a:1"]}, "task": {"type": "ps", "index": 0}}',
    ],
)
def test_a_cluster_that_is_none_is_refused(text):
    with pytest.raises(SpecError, match="TF_CONFIG"):
        strategies.require_cluster(text)


def test_a_cluster_is_accepted():
    cluster = {"chief": ["a:1"], "worker": ["b:1", "c:1"]}
    task = {"type": "worker", "index": 1}
    strategies.require_cluster(json.dumps({"cluster": cluster, "task": task}))


def test_a_batch_that_replicas_cannot_share_is_refused(monkeypatch):
    monkeypatch.setattr(replicas, "count", lambda: 3)
    replicas.require_equal_shares({"batch_size": 6})
    with pytest.raises(SpecError, match="real examples: 4 a step cannot be shared by 3 replicas"):
        replicas.require_equal_shares({"batch_size": 6, "real examples": 4})


def test_several_steps_of_an_execution_are_the_same_steps(tiny_run):
    settings = {"steps": 8, "checkpoint_every": 4, "average_decay": 0.5}
    one, four = (tiny_run(**settings, steps_per_execution=number) for number in (1, 4))
    folder = four.folder.path
    assert sorted(path.name for path in (folder / "checkpoints").glob("*.index")) == [
        "ckpt-4.index",
        "ckpt-8.index",
    ]
    found = state(folder)
    for name, value in state(one.folder.path).items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


@pytest.mark.parametrize(("given", "found"), [(None, "true"), ("false", "false")])
def test_memory_of_gpus_grows_in_commands_unless_the_environment_says_otherwise(given, found):
    """TensorFlow reads the variable when it first uses a GPU."""
    name = "TF_FORCE_GPU_ALLOW_GROWTH"
    environment = {key: value for key, value in os.environ.items() if key != name}
    environment |= {name: given} if given else {}
    code = (
        f"import atexit, os, sys; atexit.register(lambda: print(os.environ[{name!r}]));"
        f"import zoo, zoo.commands; assert os.environ.get({name!r}) == {given!r};"
        "sys.argv = ['zoo', 'list']; zoo.commands.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == found
