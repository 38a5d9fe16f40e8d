"""Two replicas take the step that one takes on their batches together."""

import subprocess
import sys

import pytest

PROGRAM = """
import os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf
if sys.argv[1] == "mirrored":
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    mirrored = tf.distribute.MirroredStrategy
    tf.distribute.MirroredStrategy = lambda: mirrored(["CPU:0", "CPU:1"])
import keras
import zoo
from zoo import spec
kind, folder = sys.argv[2:4]
specs = {
    "text": ("surnames", "lstm(units=8, layers=1)", "maximum_likelihood"),
    "images": ("mnist_5k", "mlp_gan(dropout=False)", "generalised_js(discriminator_steps=2)"),
    "text_gan": ("surnames", "text_gan(generator='lstm(units=8)', width=8)", "generalised_js"),
    "mediated": (
        "surnames", "mediated(generator='lstm(units=8)')", "mediated_js(mediator_steps=2)"
    ),
    "moments": ("mnist_5k", "mlp_gan(dropout=False)", "moment_matching"),
}
for clip_norm in map(float, sys.argv[4:]):
    made = zoo.Experiment(
        *specs[kind], strategy=sys.argv[1] if sys.argv[1] == "mirrored" else "cpu", steps=4,
        batch_size=8, optimizer="sgd", learning_rate=0.5, clip_norm=clip_norm, average_decay=0.5,
        sample_every=2, checkpoint_every=2,
    )
    run = zoo.train(made, f"{folder}_{clip_norm}")
    keras.utils.set_random_seed(made.seed)
    new = spec.build("models", made.model, run.domain)
    for name, model in (("new", new), ("trained", run.model)):
        weights = model.networks()["generator"].trainable_variables
        np.savez(f"{folder}_{clip_norm}_{name}.npz", *[v.numpy() for v in weights])
"""


def weights(tmp_path, strategy, kind, *clip_norms):
    """For each largest norm those that training began with, and those that it came to."""
    import numpy as np

    folder = tmp_path / f"{strategy}_{kind}"
    subprocess.run(
        [sys.executable, "-c", PROGRAM, strategy, kind, str(folder), *map(str, clip_norms)],
        check=True,
        capture_output=True,
        text=True,
    )
    found = []
    for clip_norm in clip_norms:
        made = f"{folder}_{clip_norm}"
        with np.load(f"{made}_new.npz") as new, np.load(f"{made}_trained.npz") as trained:
            found.append([[arrays[name] for name in arrays.files] for arrays in (new, trained)])
    return found


def test_likelihood_training_is_the_same_on_two_replicas(tmp_path):
    """Where all gradients are clipped, and where none is."""
    import numpy as np

    both = (weights(tmp_path, strategy, "text", 0.05, 0.0) for strategy in ("cpu", "mirrored"))
    for (_, one), (_, two) in zip(*both, strict=True):
        for a, b in zip(one, two, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize("kind", ["images", "text_gan", "mediated", "moments"])
def test_training_against_samples_runs_on_two_replicas(tmp_path, kind):
    """Replicas draw samples of their own, so the weights agree in distribution only."""
    import numpy as np

    (found,) = weights(tmp_path, "mirrored", kind, 0.05)
    for before, after in zip(*found, strict=True):
        assert np.isfinite(after).all()
        assert np.abs(after - before).max() > 0


def test_a_replica_hands_over_its_share_of_the_gradient(monkeypatch):
    """Optimizers add up what replicas hand over: without clipping too it has to be the mean."""
    import types

    import tensorflow as tf

    from zoo.trainers.base.trainer import descend

    handed = []
    context = types.SimpleNamespace(all_reduce=lambda op, gradients: gradients)
    strategy = types.SimpleNamespace(num_replicas_in_sync=2)
    monkeypatch.setattr(tf.distribute, "get_replica_context", lambda: context)
    monkeypatch.setattr(tf.distribute, "get_strategy", lambda: strategy)
    optimizer = types.SimpleNamespace(apply=lambda gradients, variables: handed.extend(gradients))
    tape = types.SimpleNamespace(gradient=lambda loss, variables: [tf.constant(6.0)])
    descend(optimizer, None, tape, [None])
    assert [float(gradient) for gradient in handed] == [3.0]
