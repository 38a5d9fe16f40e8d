"""Everything that loads an export gets the answers of the model in this process."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from export import checking, image_signatures, static_check, text_signatures, warmup
from export.ratio_estimator import RatioEstimator
from export.servable import Servable
from zoo import spec

ROOT = pathlib.Path(__file__).parents[2]
QUIET = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}


@pytest.fixture(scope="module", params=["names", "digits", "bits"])
def exported(request):
    """The text model, the pair of image networks, the autoregressive model of images."""
    return request.getfixturevalue(request.param)


def output_of(*command):
    """What a command prints; its errors are shown where it fails."""
    ended = subprocess.run(command, capture_output=True, env=QUIET, check=False)
    assert ended.returncode == 0, ended.stderr.decode()
    return ended.stdout


def answers(exported):
    """What every signature answers in this process to its examples, as arrays by names."""
    return {
        name: {key: rows.numpy() for key, rows in signature.served(tensors(signature)).items()}
        for name, signature in exported.signatures.items()
    }


def tensors(signature):
    return {
        key: tf.constant(rows, signature.inputs[key][0]) for key, rows in signature.examples.items()
    }


def assert_same(answer, expected):
    """Numbers to 1e-5, texts exactly, PNG files to a level of 255."""
    assert answer.keys() == expected.keys()
    for key in expected:
        assert checking.agree(key, expected[key], answer[key]), key


def test_an_application(exported):
    call, expected = checking.for_application(str(exported.path)), answers(exported)
    for name, signature in exported.signatures.items():
        inputs = {key: rows.numpy() for key, rows in tensors(signature).items()}
        assert_same(call(name, inputs), expected[name])


_WITHOUT_KERAS = f"""
import json, sys
sys.modules["keras"] = sys.modules["zoo"] = None
sys.path.insert(0, {str(ROOT)!r})
from export import checking
print(json.dumps([checking.differences(folder) for folder in sys.argv[1:]]))
"""


def test_a_process_that_cannot_import_keras(names, digits):
    # What this process answers was recorded in the exports.
    output = output_of(sys.executable, "-c", _WITHOUT_KERAS, names.path, digits.path)
    assert json.loads(output) == [[], []]


def test_a_session_as_in_tensorflow_serving(exported):
    call, expected = checking.for_serving(str(exported.path)), answers(exported)
    for name, signature in exported.signatures.items():
        inputs = {key: rows.numpy() for key, rows in tensors(signature).items()}
        assert_same(call(name, inputs), expected[name])


def test_a_keras_layer(exported):
    for name, expected in answers(exported).items():
        layer = keras.layers.TFSMLayer(str(exported.path), call_endpoint=name)
        answer = layer(tensors(exported.signatures[name]))
        assert_same({key: rows.numpy() for key, rows in answer.items()}, expected)


def test_the_command_of_tensorflow(names):
    command = pathlib.Path(sys.executable).with_name("saved_model_cli")
    if not command.exists():
        pytest.skip("saved_model_cli is not beside this Python")
    shown = output_of(command, "show", "--dir", names.path, "--all").decode()
    assert all(f"signature_def['{name}']" in shown for name in names.signatures)


@pytest.fixture(scope="session")
def consumer(tmp_path_factory):
    """The C program."""
    if shutil.which("gcc") is None:
        pytest.skip("there is no gcc")
    folder, library = tmp_path_factory.mktemp("consumer"), tf.sysconfig.get_lib()
    output_of(
        *("gcc", "-Wall", "-Wextra", "-Werror", "-o", folder / "consumer"),
        *(ROOT / "tests/export/consumer.c", f"-I{tf.sysconfig.get_include()}"),
        *(f"{library}/libtensorflow_cc.so.2", f"{library}/libtensorflow_framework.so.2"),
        *("-Wl,--allow-shlib-undefined", f"-Wl,-rpath,{library}"),
    )
    return folder / "consumer"


def tensor_names(path, name):
    """The graph's names of the inputs and of the outputs of a signature."""
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        loaded = tf.compat.v1.saved_model.load(session, ["serve"], str(path))
    signature = loaded.signature_def[name]
    return [{k: v.name for k, v in part.items()} for part in (signature.inputs, signature.outputs)]


def test_a_c_program_that_writes_names(consumer, names):
    inputs, outputs = tensor_names(names.path, "generate")
    given = ("string", inputs["prompt"], "Mc", "int64", inputs["seed"], "7")
    text = output_of(consumer, names.path, "string", outputs["text"], *given)
    nats = output_of(consumer, names.path, "float", outputs["log_prob"], *given)
    expected = names.signatures["generate"].served(
        {"prompt": tf.constant(["Mc"]), "seed": tf.constant([7], tf.int64)}
    )
    assert text == expected["text"].numpy()[0]
    np.testing.assert_allclose(float(nats), expected["log_prob"].numpy()[0], rtol=1e-5)


def test_a_c_program_that_draws_digits(consumer, digits):
    inputs, outputs = tensor_names(digits.path, "generate")
    given = ("float", outputs["image"], "int64", inputs["seed"], "7")
    pixels = np.array(output_of(consumer, digits.path, *given).split(), float)
    expected = digits.signatures["generate"].served({"seed": tf.constant([7], tf.int64)})
    np.testing.assert_allclose(pixels, expected["image"].numpy().ravel(), atol=1e-5)


def test_the_example_application_that_writes_names(names):
    printed = output_of(
        *(sys.executable, ROOT / "examples/use_export.py", names.path.parent),
        *("--count=3", "--seed=4", "--prompt=Mc"),
    ).decode()
    expected = names.signatures["generate"].served(
        {"prompt": tf.fill([3], "Mc"), "seed": tf.range(4, 7, dtype=tf.int64)}
    )
    *texts, last = printed.splitlines()
    assert [line.split()[0].encode() for line in texts] == expected["text"].numpy().tolist()
    assert "neither Keras nor the zoo was imported" in last


def test_the_example_application_that_draws_digits(digits, tmp_path):
    path = tmp_path / "digits.png"
    output_of(
        *(sys.executable, ROOT / "examples/use_export.py", digits.path.parent),
        *("--count=11", f"--output={path}"),
    )
    image = digits.signatures["generate"].served({"seed": tf.constant([10], tf.int64)})["image"]
    pixels = keras.utils.img_to_array(keras.utils.load_img(path, color_mode="grayscale"))
    assert pixels.shape == (2 * 28, 10 * 28, 1)
    np.testing.assert_allclose(pixels[28:, :28], 255 * image.numpy()[0], atol=1)


def test_the_example_application_that_draws_digits_of_chosen_classes(bits, tmp_path):
    path = tmp_path / "digits.png"
    command = (sys.executable, ROOT / "examples/use_export.py", bits.path.parent)
    output_of(*command, "--count=3", "--labels", "7", "2", f"--output={path}")
    image = bits.signatures["generate"].served(
        {"seed": tf.range(3, dtype=tf.int64), "label": tf.constant([7, 2, 7], tf.int64)}
    )["image"]
    pixels = keras.utils.img_to_array(keras.utils.load_img(path, color_mode="grayscale"))
    drawn = np.concatenate(image.numpy(), axis=1)
    np.testing.assert_allclose(pixels[:, : 3 * 28], 255 * drawn, atol=1)
    refused = subprocess.run([*map(str, command), "--labels", "12"], capture_output=True)
    assert refused.returncode == 1
    assert b"label should be from 0 to 9" in refused.stderr


def test_every_input_and_output_has_a_row_for_each_of_the_batch(exported):
    loaded = tf.saved_model.load(str(exported.path))
    assert loaded.signatures.keys() == exported.signatures.keys()
    for function in loaded.signatures.values():
        _, inputs = function.structured_input_signature
        for tensor in (*inputs.values(), *function.structured_outputs.values()):
            assert tensor.shape.rank >= 1
            assert tensor.shape[0] is None
        for key, tensor in function.structured_outputs.items():
            assert key.endswith("_bytes") or tensor.dtype != tf.string or key in ("text", "error")


def test_numbers_do_not_depend_on_strings(exported):
    # Runtimes without strings fetch the numbers only: what they need may hold no string.
    for name, signature in exported.signatures.items():
        function = signature.served.get_concrete_function()
        if any(tensor.dtype == tf.string for tensor in function.inputs):
            continue
        for key, tensor in function.structured_outputs.items():
            if tensor.dtype != tf.string:
                assert not _needs_strings(function.structured_outputs[key].op), (name, key)


def _needs_strings(operation):
    """Whether an operation, or one that it reads from, has a string."""
    left, seen = [operation], set()
    while left:
        each = left.pop()
        if any(tensor.dtype == tf.string for tensor in (*each.inputs, *each.outputs)):
            return True
        new = {tensor.op for tensor in each.inputs}  # an assertion's message is no input
        left += new - seen
        seen |= new
    return False


def test_the_static_check_finds_nothing(exported):
    assert static_check.findings(exported.path) == []


def test_the_method_is_predict(exported):
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        loaded = tf.compat.v1.saved_model.load(session, ["serve"], str(exported.path))
    served = {k: v for k, v in loaded.signature_def.items() if k != "__saved_model_init_op"}
    assert served.keys() == exported.signatures.keys()
    assert {v.method_name for v in served.values()} == {"tensorflow/serving/predict"}


@pytest.mark.parametrize(
    ("data", "model"), [("names_run", "lstm(units=512)"), ("digits_run", "dcgan()")]
)
def test_the_size_is_that_of_the_weights(data, model, request, tmp_path):
    run = request.getfixturevalue(data)
    built = spec.build("models", model, run.domain)
    servable = _servable(built, run)
    servable.save(tmp_path / "model")
    warmup.write(tmp_path / "model", warmup.logs(servable, "model"))
    written = sum(path.stat().st_size for path in tmp_path.rglob("*"))
    variables = [v for network in built.networks().values() for v in network.variables]
    weights = sum(v.numpy().nbytes for v in variables)
    assert weights <= written <= 1.1 * weights


def _servable(built, run) -> Servable:
    if run.domain.kind == "text":
        return text_signatures.build(built)
    estimator = RatioEstimator(built.discriminator, lambda logits: logits)
    return image_signatures.build(built.generator, run.domain.shape, estimator)
