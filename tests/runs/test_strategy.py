"""Two replicas take the step that one takes on their batches together."""

import json
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo import spec
from zoo.trainers.base.trainer import descend

PROGRAM = """
import json, sys
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
mirrored = tf.distribute.MirroredStrategy
tf.distribute.MirroredStrategy = lambda: mirrored(["CPU:0", "CPU:1"])
import zoo
for settings in map(json.loads, sys.argv[2:]):
    zoo.train(zoo.Experiment(**settings), f"{sys.argv[1]}_{settings['clip_norm']}")
"""
SETTINGS = {
    "steps": 4,
    "batch_size": 8,
    "optimizer": "sgd",
    "learning_rate": 0.5,
    "clip_norm": 0.05,
    "average_decay": 0.5,
    "sample_every": 2,
    "checkpoint_every": 2,
}
TEXT = {
    "data": "surnames",
    "model": "lstm(units=8, layers=1)",
    "objective": "maximum_likelihood",
}
ADVERSARIAL = [
    ("mnist_5k", "mlp_gan(dropout=False)", "generalised_js(discriminator_steps=2)"),
    ("surnames", "text_gan(generator='lstm(units=8)', width=8)", "generalised_js"),
    ("surnames", "mediated(generator='lstm(units=8)')", "mediated_js(mediator_steps=2)"),
    ("mnist_5k", "mlp_gan(dropout=False)", "moment_matching"),
]


@pytest.fixture
def mirrored(programs, tmp_path):
    """Trains on two replicas, of which TensorFlow has to be told before anything else."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")

    def train(*settings):
        every = [json.dumps(each | {"strategy": "mirrored"}) for each in settings]
        done = programs.run(program, tmp_path / "run", *every)
        assert done.returncode == 0, done.stderr
        return [zoo.load(str(tmp_path / f"run_{each['clip_norm']}")) for each in settings]

    return train


def weights(model):
    return [v.numpy() for v in model.networks()["generator"].trainable_variables]


def test_likelihood_training_is_the_same_on_two_replicas(mirrored, tiny_run):
    """Where all gradients are clipped, and where none is."""
    both = SETTINGS | TEXT, SETTINGS | TEXT | {"clip_norm": 0.0}
    for settings, run in zip(both, mirrored(*both), strict=True):
        alone = tiny_run(**settings)
        for a, b in zip(weights(alone.model), weights(run.model), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize(("data", "model", "objective"), ADVERSARIAL)
def test_training_against_samples_runs_on_two_replicas(mirrored, data, model, objective):
    """Replicas draw samples of their own, so the weights agree in distribution only."""
    (run,) = mirrored(SETTINGS | {"data": data, "model": model, "objective": objective})
    keras.utils.set_random_seed(run.experiment.seed)
    new = spec.build("models", run.experiment.model, run.domain)
    for before, after in zip(weights(new), weights(run.model), strict=True):
        assert np.isfinite(after).all()
        assert np.abs(after - before).max() > 0


def test_a_replica_hands_over_its_share_of_the_gradient(monkeypatch):
    """Optimizers add up what replicas hand over: without clipping too it has to be the mean."""
    handed = []
    context = types.SimpleNamespace(all_reduce=lambda op, gradients: gradients)
    strategy = types.SimpleNamespace(num_replicas_in_sync=2)
    monkeypatch.setattr(tf.distribute, "get_replica_context", lambda: context)
    monkeypatch.setattr(tf.distribute, "get_strategy", lambda: strategy)
    optimizer = types.SimpleNamespace(apply=lambda gradients, variables: handed.extend(gradients))
    tape = types.SimpleNamespace(gradient=lambda loss, variables: [tf.constant(6.0)])
    descend(optimizer, None, tape, [None])
    assert [float(gradient) for gradient in handed] == [3.0]
