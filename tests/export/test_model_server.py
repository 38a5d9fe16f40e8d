"""TensorFlow Serving itself, where TF_MODEL_SERVER names its program.

It is started with the generated files and the flags of the generated docker-compose.yml.
"""

import base64
import concurrent.futures
import contextlib
import dataclasses
import io
import json
import os
import pathlib
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request

import numpy as np
import pytest
import tensorflow as tf
import yaml
from PIL import Image

import export
from export import checking, operating, several, warmup
from export.client import Client, ClientError, decode, padded_length
from export.grpc_client import GrpcClient

_START = 120  # seconds
_SOON = 60  # seconds until a changed file is served: it is read every ten seconds


@dataclasses.dataclass(frozen=True)
class Server:
    """A running server of a folder of models."""

    folder: pathlib.Path
    rest: str  # such as http://127.0.0.1:8501/v1/models
    grpc: str  # such as 127.0.0.1:8500

    def client(self, name, **options):
        """A client by REST."""
        return Client(f"{self.rest}/{name}", **options)

    def grpc_client(self, name):
        """A client by gRPC."""
        return GrpcClient(self.grpc, name)

    def states(self, name):
        """The state of each version."""
        with urllib.request.urlopen(f"{self.rest}/{name}", timeout=10) as answer:
            listed = json.load(answer)["model_version_status"]
        return {int(one["version"]): one["state"] for one in listed}


def free_port():
    with contextlib.closing(socket.socket()) as there:
        there.bind(("127.0.0.1", 0))
        return there.getsockname()[1]


def flags(folder):
    """Those of the generated docker-compose.yml, with the folder itself in the place of /models."""
    text = (folder / "docker-compose.yml").read_text()
    (service,) = yaml.safe_load(text)["services"].values()
    return [flag.replace("=/models/", f"={folder}/") for flag in service["command"]]


@contextlib.contextmanager
def running(folder, *names):
    """Runs a server of the models of a folder until the end of the block."""
    program = os.environ.get("TF_MODEL_SERVER")
    if not program:
        pytest.skip("TF_MODEL_SERVER does not name a tensorflow_model_server")
    several.write(folder)
    # Outside a container the models are not at /models: a link would need rights to the root.
    config = folder / "models.config"
    config.write_text(config.read_text().replace('"/models/', f'"{folder}/'))
    server = Server(folder, f"http://127.0.0.1:{free_port()}/v1/models", f"127.0.0.1:{free_port()}")
    rest, grpc = server.rest.split(":")[2].split("/")[0], server.grpc.split(":")[1]
    log = folder / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [program, f"--port={grpc}", f"--rest_api_port={rest}", *flags(folder)],
            stdout=file,
            stderr=file,
        )
    try:
        for name in names:
            wait_for(f"{server.rest}/{name}", process, log)
        yield server
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def server(request, tmp_path_factory):
    """The REST address of a server of three models."""
    return request.getfixturevalue("serving").rest


@pytest.fixture(scope="module")
def serving(request, tmp_path_factory):
    """A server of three models: a text model, and image models of both kinds."""
    if not os.environ.get("TF_MODEL_SERVER"):
        pytest.skip("TF_MODEL_SERVER does not name a tensorflow_model_server")
    names = ("names", "digits", "bits")
    folder = tmp_path_factory.mktemp("server")
    for name in names:
        shutil.copytree(request.getfixturevalue(name).path.parent, folder / name)
    with running(folder, *names) as server:
        yield server


@pytest.fixture
def alone(names, tmp_path):
    """A function that copies the text model into a folder of its own, whose versions may change."""
    if not os.environ.get("TF_MODEL_SERVER"):
        pytest.skip("TF_MODEL_SERVER does not name a tensorflow_model_server")
    shutil.copytree(names.path.parent, tmp_path / "served" / "names")
    return tmp_path / "served"


def soon(condition):
    """Waits until a condition holds."""
    deadline = time.monotonic() + _SOON
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def add_version(folder, number):
    """Adds a copy of version 1, as an export would: by a renaming."""
    shutil.copytree(folder / "1", folder / ".unfinished")
    (folder / ".unfinished").rename(folder / str(number))


def relabel(server, name, **labels):
    """Gives versions labels in the models.config that a server of one model reads."""
    for label, version in labels.items():
        operating.label(server.folder / name, label, version)
    text = (server.folder / name / "models.config").read_text()
    moved = server.folder / "models.moved"
    moved.write_text(text.replace('"/models/', f'"{server.folder}/'))
    moved.replace(server.folder / "models.config")


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
        (
            "names",
            {"instances": [{"prompt": "", "seed": "a"}]},
            400,
            "Failed to process element: 0 key: seed of 'instances' list. Error: INVALID_ARGUMENT: ",
        ),
        ("names", {"instances": [{"prompt": ""}]}, 400, "keys must be equal to: prompt,seed"),
        ("names", {"instances": []}, 400, "No values in 'instances' array"),
        (
            "digits",
            {"signature_name": "decode", "instances": [{"z": [0.0] * 8}]},
            400,
            "JSON object: does not have named input: ",
        ),
    ],
)
def test_faults_are_answered_as_documented(server, name, body, status, message):
    code, answer = ask(server, name, body)
    assert code == status
    assert message in answer["error"]


MODELS = ["names", "digits", "bits"]


def examples(exported, name):
    """The inputs that a signature is checked with, as arrays of its types."""
    signature = exported.signatures[name]
    return {
        key: np.array(rows, dtype=object if dtype == tf.string else dtype.as_numpy_dtype)
        for key, rows in signature.examples.items()
        for dtype in [signature.inputs[key][0]]
    }


def jsonable(value):
    """A row of an array as REST takes it; NaN and infinity, which JSON lacks, become 0."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return {"b64": base64.b64encode(value).decode()}
    return np.nan_to_num(value, posinf=0, neginf=0).tolist()


def finite(inputs):
    return {
        key: rows if rows.dtype == object else np.nan_to_num(rows, posinf=0, neginf=0)
        for key, rows in inputs.items()
    }


def agree(exported, name, inputs, answer):
    """Whether an answer, arrays by name, is the one of this process."""
    right = expected(exported, name, **inputs)
    assert set(answer) == set(right)
    for key, rows in right.items():
        got = answer[key]
        if rows.dtype == object:
            got = np.array([r.encode() if isinstance(r, str) else r for r in got], dtype=object)
        assert checking.agree(key, rows, np.asarray(got, rows.dtype)), (name, key)


def column(rows, key):
    return [row[key] for row in rows]


@pytest.mark.parametrize("model", MODELS)
def test_every_signature_answers_by_rows_columns_and_grpc(serving, request, model):
    exported = request.getfixturevalue(model)
    for name in exported.signatures:
        inputs = finite(examples(exported, name))
        count = len(next(iter(inputs.values())))
        instances = [
            {key: jsonable(rows[number]) for key, rows in inputs.items()} for number in range(count)
        ]
        outputs = set(expected(exported, name, **inputs))
        answers = rows(serving.rest, model, name, instances)
        if len(outputs) == 1:  # then the server leaves out its name
            answers = [dict.fromkeys(outputs, answer) for answer in answers]
        answers = [decode(answer) for answer in answers]
        agree(exported, name, inputs, {key: column(answers, key) for key in outputs})

        columns = {key: [jsonable(row) for row in rows] for key, rows in inputs.items()}
        status, answer = ask(serving.rest, model, {"signature_name": name, "inputs": columns})
        assert status == 200, answer
        answer = decode(answer["outputs"])
        answer = answer if len(outputs) > 1 else dict.fromkeys(outputs, answer)
        agree(exported, name, inputs, answer)

        raw = examples(exported, name)  # NaN and infinity too
        agree(exported, name, raw, serving.grpc_client(model).predict(name, raw))


@pytest.mark.parametrize("count", [1, 33, 10_000])
def test_requests_of_any_number_of_rows_are_answered(serving, names, count):
    texts = [("Smith", "O", "", "\N{SNOWMAN}")[number % 4] for number in range(count)]
    right = expected(names, "score", text=texts)["log_prob"]
    answers = serving.client("names").predict("score", [{"text": text} for text in texts])
    np.testing.assert_allclose(column(answers, "log_prob"), right, rtol=1e-4, atol=1e-5)
    inputs = {"text": np.array([text.encode() for text in texts], dtype=object)}
    answer = serving.grpc_client("names").predict("score", inputs)
    np.testing.assert_allclose(answer["log_prob"], right, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("clients", [32, 200])
def test_many_clients_are_answered_as_one_bad_rows_among_them(serving, names, clients):
    prompts = ["", "Mc", "a" * 2000, "\N{SNOWMAN}", "M"]
    requests = [
        [{"prompt": prompts[(seed + offset) % 5], "seed": seed} for offset in range(1 + seed % 3)]
        for seed in range(clients)
    ]
    flat = [row for request in requests for row in request]
    right = expected(names, "generate", prompt=column(flat, "prompt"), seed=column(flat, "seed"))

    def by_rest(request):
        return serving.client("names").predict("generate", request)

    def by_grpc(request):
        prompt = np.array([row["prompt"].encode() for row in request], dtype=object)
        seed = np.array(column(request, "seed"), np.int64)
        answer = serving.grpc_client("names").predict("generate", {"prompt": prompt, "seed": seed})
        return [
            {key: answer[key][number].decode() for key in ("text", "error")}
            for number in range(len(request))
        ]

    for way in (by_rest, by_grpc):
        with concurrent.futures.ThreadPoolExecutor(clients) as pool:
            answers = [row for answer in pool.map(way, requests) for row in answer]
        for key in ("text", "error"):
            assert [row[key].encode() for row in answers] == right[key].tolist()


def test_logits_of_mixed_lengths_by_32_clients(serving, names_run, names):
    start, length = names_run.domain.vocabulary.start, names_run.domain.length
    random = np.random.default_rng(0)
    sequences = [
        [start, *random.integers(0, start, number % length).tolist()] for number in range(200)
    ]
    right = [expected(names, "logits", tokens=[tokens])["logits"][0] for tokens in sequences]
    for client in (serving.client("names"), serving.grpc_client("names")):
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            answers = list(pool.map(lambda tokens: client.logits([tokens])[0], sequences))  # noqa: B023
        for answer, expected_logits in zip(answers, right, strict=True):
            np.testing.assert_allclose(answer, expected_logits, atol=1e-4)


def test_the_health_check_of_compose_finds_the_server(serving):
    text = (serving.folder / "docker-compose.yml").read_text()
    (service,) = yaml.safe_load(text)["services"].values()
    port = serving.rest.split(":")[2].split("/")[0]
    command = [word.replace("8501", port) for word in service["healthcheck"]["test"][1:]]
    assert subprocess.run(command, capture_output=True).returncode == 0


def test_prometheus_finds_the_metrics(serving):
    address = serving.rest.removesuffix("/v1/models") + "/monitoring/prometheus/metrics"
    with urllib.request.urlopen(address, timeout=10) as answer:
        assert b":tensorflow:" in answer.read()


def test_a_version_that_fails_its_warm_up_does_not_replace_the_one_before(alone, names):
    with running(alone, "names") as server:
        folder = alone / "names"
        shutil.copytree(folder / "1", folder / ".unfinished")
        path = folder / ".unfinished" / warmup.FILE
        (first, *_) = tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
        # The request of a signature that is not there.
        with tf.io.TFRecordWriter(str(path)) as writer:
            writer.write(first.replace(b"serving_default", b"serving_nothing"))
        (folder / ".unfinished").rename(folder / "2")
        soon(lambda: 2 in server.states("names"))
        end = time.monotonic() + 10
        while time.monotonic() < end:
            assert server.states("names")[1] == "AVAILABLE"
            assert server.states("names")[2] != "AVAILABLE"
            time.sleep(0.5)
        assert server.client("names").predict("score", [{"text": "O"}])[0]["error"] == ""


def test_labels_move_between_two_versions_without_a_new_start(alone, names_run):
    short, row = 6, [{"text": "O"}]
    lengths = {1: names_run.domain.length, 2: short}  # tell the versions apart
    with running(alone, "names") as server:
        export.export(names_run, alone, "names", length=short)
        soon(lambda: length(server, "names") == short)
        relabel(server, "names", stable=1, canary=2)
        soon(lambda: server.states("names") == {1: "AVAILABLE", 2: "AVAILABLE"})
        by_grpc = server.grpc_client("names")
        for version, label in ((1, "stable"), (2, "canary")):
            soon(lambda: length(server, f"names/labels/{label}") == lengths[version])  # noqa: B023
            assert length(server, f"names/versions/{version}") == lengths[version]
            tokens = {
                "tokens": np.zeros([1, lengths[version]], np.int32),
                "num_tokens": np.array([1], np.int32),
            }  # a version refuses tokens of another length
            assert by_grpc.predict("logits_padded", tokens, version=version)
            assert by_grpc.predict("logits_padded", tokens, label=label)
            for place in (f"versions/{version}", f"labels/{label}"):
                assert server.client(f"names/{place}").predict("score", row)[0]["error"] == ""
        relabel(server, "names", stable=2)
        soon(lambda: length(server, "names/labels/stable") == short)
        (alone / "names" / "1").rename(alone / "names" / "1.withdrawn")
        soon(lambda: server.states("names").get(1) != "AVAILABLE")
        assert server.client("names/labels/stable").predict("score", row)[0]["error"] == ""
        with pytest.raises(ClientError, match="version label"):
            server.client("names/labels/nobody").predict("score", row)


def length(server, place):
    """The length of the padded logits of a version; None where it does not answer."""
    try:
        return padded_length(server.client(place, retries=0).signatures())
    except ClientError:
        return None


def test_no_request_fails_while_versions_come_and_go(alone):
    """A second version appears under load, is rolled back, and a stray folder is there."""
    with running(alone, "names") as server, contextlib.ExitStack() as stack:
        failures, done, stop = [], [], threading.Event()

        def load():
            client = server.client("names", retries=0)
            while not stop.is_set():
                try:
                    done.append(
                        client.predict("generate", [{"prompt": "Mc", "seed": 1}])[0]["text"]
                    )
                except ClientError as error:
                    failures.append(str(error))

        threads = [threading.Thread(target=load) for _ in range(8)]
        stack.callback(lambda: [thread.join() for thread in threads])
        stack.callback(stop.set)
        for thread in threads:
            thread.start()
        add_version(alone / "names", 2)
        (alone / "names" / "stray").mkdir()
        soon(lambda: server.states("names").get(2) == "AVAILABLE")
        soon(lambda: server.states("names")[1] == "END")
        assert operating.rollback(alone / "names") == 1
        soon(lambda: server.states("names")[1] == "AVAILABLE")
        soon(lambda: server.states("names")[2] == "END")
        time.sleep(1)
        stop.set()
    assert failures == []
    assert len(done) > 100
    assert len(set(done)) == 1


def test_a_wrong_base_path_keeps_the_server_from_opening_its_ports(alone):
    """The reason why `several` refuses one."""
    several.write(alone)
    path = alone / "models.config"
    text = path.read_text().replace('"/models/names"', f'"{alone}/nobody"')
    path.write_text(text)
    port = free_port()
    program = os.environ["TF_MODEL_SERVER"]
    command = [program, f"--port={free_port()}", f"--rest_api_port={port}", *flags(alone)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(10)
        with pytest.raises(ConnectionError), socket.create_connection(("127.0.0.1", port)):
            pass
    finally:
        process.kill()
        process.wait()
