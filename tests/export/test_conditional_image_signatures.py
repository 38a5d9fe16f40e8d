"""What the signatures of a conditional image GAN answer, and of a calibrated one."""

import dataclasses
import io
import json
import math

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from export import exporting
from zoo import spec
from zoo.errors import SpecError

LABEL = "label should be from 0 to 9."


def ask(signatures, name, **inputs):
    """The answer of a signature as a dict of arrays, errors decoded."""
    signature = signatures[name]
    tensors = {key: tf.constant(rows, signature.inputs[key][0]) for key, rows in inputs.items()}
    answer = {key: rows.numpy() for key, rows in signature.served(tensors).items()}
    if "error" in answer:
        answer["error"] = [error.decode() for error in answer["error"]]
    return answer


@pytest.fixture(scope="module")
def run(tiny_run):
    """Trained long enough for its ratio to be larger for data than for samples."""
    return tiny_run(
        data="mnist_5k(labels=True)",
        model="mlp_gan(width=16, latent_size=5, maxout_units=8, maxout_pieces=2)",
        objective="generalised_js(pi=0.3)",
        steps=20,
        batch_size=64,
    )


@pytest.fixture(scope="module")
def signatures(run):
    return exporting.servable(run, None, None).signatures


def test_generate_draws_what_the_run_draws_of_a_class(run, signatures):
    answer = ask(signatures, "generate", seed=range(5), label=[7] * 5)
    np.testing.assert_allclose(answer["image"], run.samples(5, label=7), atol=1e-6)
    assert answer["error"] == [""] * 5


def test_a_bad_label_has_an_error_and_leaves_the_others_alone(run, signatures):
    inputs = {"seed": [4, 5, 6], "label": [7, 11, -1]}
    drawn, files = (ask(signatures, name, **inputs) for name in ("generate", "generate_png"))
    assert drawn["error"] == files["error"] == ["", LABEL, LABEL]
    assert not drawn["image"][1:].any()
    assert list(files["image_bytes"][1:]) == [b"", b""]
    with Image.open(io.BytesIO(files["image_bytes"][0])) as picture:
        expected = np.round(255 * drawn["image"][0, ..., 0])
        np.testing.assert_array_equal(np.array(picture), expected)
    images = run.examples(3)[0]
    answer = ask(signatures, "log_density_ratio", image=images, label=[0, 10, 2])
    assert answer["error"] == ["", LABEL, ""]
    expected = run.log_density_ratio(images, np.array([0, 0, 2]))
    np.testing.assert_allclose(answer["log_density_ratio"][[0, 2]], expected[[0, 2]], rtol=1e-5)
    assert answer["log_density_ratio"][1] == 0


def test_decode_has_no_strings_and_takes_the_nearest_class(run, signatures):
    latents = run.generator.latents_of(tf.range(3, dtype=tf.int64))
    decoded = ask(signatures, "decode", latent=latents, label=[3, -1, 99])
    assert decoded.keys() == {"image"}
    expected = run.generator.decode(latents, tf.constant([3, 0, 9]))
    np.testing.assert_allclose(decoded["image"], expected, atol=1e-6)


def test_no_answer_to_the_examples_holds_nan_or_infinity(signatures):
    for name, signature in signatures.items():
        answer = ask(signatures, name, **signature.examples)
        numbers = [v.tolist() for v in answer.values() if getattr(v, "dtype", "") == "f"]
        json.dumps(numbers, allow_nan=False)


def test_a_calibrated_ratio_is_divided_by_a_temperature_that_is_recorded(run, signatures, tmp_path):
    calibrated = exporting.servable(run, None, None, calibrated=True)
    images, labels = run.examples(8)
    inputs = {"image": images, "label": labels}
    before, after = (
        ask(each, "log_density_ratio", **inputs)["log_density_ratio"]
        for each in (signatures, calibrated.signatures)
    )
    assert run.calibration_temperature != 1
    np.testing.assert_allclose(after, before / run.calibration_temperature, rtol=1e-5)
    calibrated.save(tmp_path / "model")
    recorded = json.loads((tmp_path / "model" / "assets.extra" / "metadata.json").read_text())
    assert recorded["log_density_ratio"]["temperature"] == run.calibration_temperature
    assert recorded["log_density_ratio"]["split"] == "validation"


def test_what_has_no_ratio_or_none_to_believe_cannot_be_calibrated(run):
    moments = spec.build("objectives", "moment_matching")
    alone = dataclasses.replace(run, objective=moments)
    with pytest.raises(SpecError, match="The run has no discriminator"):
        exporting.servable(alone, None, None, calibrated=True)
    worse = dataclasses.replace(run)
    vars(worse)["calibration_temperature"] = math.inf
    with pytest.raises(SpecError, match="no larger for data than for samples"):
        exporting.servable(worse, None, None, calibrated=True)
