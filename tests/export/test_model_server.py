"""TensorFlow Serving itself, where TF_MODEL_SERVER names its program."""

import base64
import concurrent.futures
import contextlib
import io
import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from PIL import Image
from tensorflow_serving.config import model_server_config_pb2

_START = 120  # seconds


def free_port():
    with contextlib.closing(socket.socket()) as there:
        there.bind(("127.0.0.1", 0))
        return there.getsockname()[1]


@pytest.fixture(scope="module")
def server(request, tmp_path_factory):
    """The address of a server of both models, with the configuration that was exported."""
    program = os.environ.get("TF_MODEL_SERVER")
    if not program:
        pytest.skip("TF_MODEL_SERVER does not name a tensorflow_model_server")
    names, digits = map(request.getfixturevalue, ("names", "digits"))
    folder = tmp_path_factory.mktemp("server")
    config = model_server_config_pb2.ModelServerConfig()
    for exported in (names, digits):
        text = (exported.path.parent / "models.config").read_text()
        one = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
        one.model_config_list.config[0].base_path = str(exported.path.parent)
        config.MergeFrom(one)
    (folder / "models.config").write_text(text_format.MessageToString(config))
    port = free_port()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                program,
                f"--port={free_port()}",
                f"--rest_api_port={port}",
                f"--model_config_file={folder / 'models.config'}",
                "--enable_batching",
                f"--batching_parameters_file={names.path.parent / 'batching.config'}",
            ],
            stdout=log,
            stderr=log,
        )
    try:
        address = f"http://127.0.0.1:{port}/v1/models"
        for name in ("names", "digits"):
            wait_for(f"{address}/{name}", process, folder / "log")
        yield address
    finally:
        process.kill()
        process.wait()


def wait_for(address, process, log):
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text(errors="replace")[-4000:]
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            states = json.load(urllib.request.urlopen(address))["model_version_status"]
            if states[0]["state"] == "AVAILABLE":
                return
        time.sleep(0.2)
    pytest.fail(f"{address} is not there: {log.read_text(errors='replace')[-4000:]}")


def ask(server, name, body):
    """The status and the parsed answer of a request."""
    request = urllib.request.Request(f"{server}/{name}:predict", json.dumps(body).encode())
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, json.loads(response.read(), parse_constant=pytest.fail)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def rows(server, name, signature, instances):
    status, answer = ask(server, name, {"signature_name": signature, "instances": instances})
    assert status == 200, answer
    return answer["predictions"]


def expected(exported, name, **inputs):
    signature = exported.signatures[name]
    tensors = {key: tf.constant(rows, signature.inputs[key][0]) for key, rows in inputs.items()}
    return {key: rows.numpy() for key, rows in signature.served(tensors).items()}


def test_texts_are_those_of_the_run(server, names):
    prompts = ["", "Mc", "\N{SNOWMAN}", "a" * 2000]
    answers = rows(
        server,
        "names",
        "generate",
        [{"prompt": prompt, "seed": seed} for seed, prompt in enumerate(prompts)],
    )
    right = expected(names, "generate", prompt=prompts, seed=range(4))
    assert [row["text"].encode() for row in answers] == right["text"].tolist()
    assert [row["error"].encode() for row in answers] == right["error"].tolist()
    assert [row["num_tokens"] for row in answers] == right["num_tokens"].tolist()
    np.testing.assert_allclose(
        [row["log_prob"] for row in answers], right["log_prob"], rtol=1e-4, atol=1e-5
    )


def test_a_prompt_that_is_not_utf8_answers_with_its_error(server):
    prompt = {"b64": base64.b64encode(b"\xff").decode()}
    (row,) = rows(server, "names", "generate", [{"prompt": prompt, "seed": 0}])
    assert row["text"] == ""
    assert row["error"] == "The prompt is not UTF-8; encode it so."


def test_score_and_logits_are_those_of_the_run(server, names):
    answers = rows(server, "names", "score", [{"text": "Smith"}, {"text": ""}])
    right = expected(names, "score", text=["Smith", ""])
    np.testing.assert_allclose([row["log_prob"] for row in answers], right["log_prob"], rtol=1e-4)
    answers = rows(server, "names", "logits", [{"tokens": [54, 3, -1]}])
    right = expected(names, "logits", tokens=[[54, 3, -1]])
    np.testing.assert_allclose(answers, right["logits"], atol=1e-5)


def test_images_are_those_of_the_run(server, digits):
    answers = rows(server, "digits", "generate", [{"seed": 1}, {"seed": 2}])
    right = expected(digits, "generate", seed=[1, 2])["image"]
    np.testing.assert_allclose(answers, right, atol=1e-5)
    ratios = rows(server, "digits", "log_density_ratio", [{"image": right[0].tolist()}])
    np.testing.assert_allclose(
        ratios, expected(digits, "log_density_ratio", image=right[:1])["log_density_ratio"], 1e-4
    )
    (file,) = rows(server, "digits", "generate_png", [{"seed": 1}])
    with Image.open(io.BytesIO(base64.b64decode(file["b64"]))) as picture:
        np.testing.assert_allclose(np.array(picture), 255 * right[0, ..., 0], atol=1)


def test_merged_requests_answer_as_alone(server):
    requests = [{"prompt": "M" * (seed % 3), "seed": seed} for seed in range(24)]
    requests += [{"prompt": "a" * 2000, "seed": seed} for seed in range(8)]
    alone = [rows(server, "names", "generate", [request])[0]["text"] for request in requests]
    with concurrent.futures.ThreadPoolExecutor(len(requests)) as pool:
        merged = list(pool.map(lambda r: rows(server, "names", "generate", [r])[0], requests))
    assert [row["text"] for row in merged] == alone


@pytest.mark.parametrize(
    ("name", "body", "status", "message"),
    [
        ("nobody", {"instances": [{}]}, 404, "Servable not found for request: Latest(nobody)"),
        (
            "names",
            {"signature_name": "x", "instances": [{"prompt": "", "seed": 0}]},
            400,
            'Serving signature name: "x" not found in signature def',
        ),
        (
            "names",
            {"instances": [{"prompt": "", "seed": "a"}]},
            400,
            'JSON Value: "a" Type: String is not of expected type: int64',
        ),
        ("names", {"instances": [{"prompt": ""}]}, 400, "keys must be equal to: prompt,seed"),
        ("names", {"instances": []}, 400, "No values in 'instances' array"),
    ],
)
def test_faults_are_answered_as_documented(server, name, body, status, message):
    code, answer = ask(server, name, body)
    assert code == status
    assert message in answer["error"]
