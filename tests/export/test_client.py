"""The clients: what is sent, what is refused before it is sent, and what is told of failures.

Answers of a server are tested in test_model_server.py, on a server.
"""

import concurrent.futures
import contextlib
import http.server
import subprocess
import sys
import threading

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from export import client, grpc_client

NOWHERE = "http://localhost:9/v1/models/names"


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("text", "text"),
        (b"\x00\xff", {"b64": "AP8="}),
        ([{"a": b"x", "b": [1, 2.5]}], [{"a": {"b64": "eA=="}, "b": [1, 2.5]}]),
    ],
)
def test_values_survive_the_server_s_json(value, sent):
    assert client.encode(value) == sent
    assert client.decode(sent) == value


def test_no_rows_are_never_sent():
    with pytest.raises(client.ClientError, match="at least one row"):
        client.Client(NOWHERE).predict("generate", [])
    with pytest.raises(client.ClientError, match="at least one row"):
        grpc_client.GrpcClient("localhost:9", "names").predict("generate", {"seed": np.zeros([0])})


def test_an_absent_server_is_told_after_the_last_attempt():
    with pytest.raises(
        client.ClientError, match=r"no answer in 2 attempts .* Is the server running"
    ):
        client.Client(NOWHERE, timeout=1, retries=1).predict("generate", [{"seed": 1}])
    with pytest.raises(client.ClientError, match="UNAVAILABLE"):
        grpc_client.GrpcClient("localhost:9", "names", timeout=5, retries=0).predict(
            "generate", {"seed": np.zeros([1], np.int64)}
        )


@contextlib.contextmanager
def answering(*answers):
    """An HTTP server that gives these answers, (status, text), in turn; yields what was asked."""
    left, asked = list(answers), []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            status, text = left.pop(0)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/models/names", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


METADATA = '{"metadata": {"signature_def": {"signature_def": {"score": {}}}}}'


def test_a_busy_server_is_asked_again():
    busy = (503, '{"error": "The batch scheduling queue is full"}')
    with answering(busy, (502, "<html>"), (200, METADATA)) as (url, asked):
        assert set(client.Client(url).signatures()) == {"score"}
        assert asked == ["/v1/models/names/metadata"] * 3
    with answering(busy, busy) as (url, asked), pytest.raises(client.ClientError) as told:
        client.Client(url, retries=1).signatures()
    assert "in 2 attempts of at most 30 seconds (503: The batch scheduling queue is full)" in str(
        told.value
    )


def test_a_request_that_is_refused_is_not_sent_again():
    refusal = (404, '{"error": "Servable not found for request: Latest(names)"}')
    with answering(refusal, (200, METADATA)) as (url, asked):
        with pytest.raises(client.ClientError, match=r"\(404: Servable not found .*Latest\(names"):
            client.Client(url).signatures()
        assert len(asked) == 1


def test_a_server_whose_threads_are_all_taken_is_asked_again():
    """A server of gRPC with one thread, which a first request holds for a while."""
    entered, release = threading.Event(), threading.Event()

    class Slow(prediction_service_pb2_grpc.PredictionServiceServicer):
        def Predict(self, request, context):  # noqa: N802
            entered.set()
            release.wait(10)
            return predict_pb2.PredictResponse(outputs=request.inputs)

    pool = concurrent.futures.ThreadPoolExecutor(2)
    server = grpc.server(pool, maximum_concurrent_rpcs=1)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(Slow(), server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    rows = {"seed": np.array([1], np.int64)}
    with concurrent.futures.ThreadPoolExecutor(1) as asking:
        first = asking.submit(grpc_client.GrpcClient(address, "names").predict, "generate", rows)
        assert entered.wait(10)
        with pytest.raises(client.ClientError, match="RESOURCE_EXHAUSTED"):
            grpc_client.GrpcClient(address, "names", retries=0).predict("generate", rows)
        threading.Timer(0.2, release.set).start()
        assert grpc_client.GrpcClient(address, "names").predict("generate", rows) == rows
        assert first.result() == rows
    server.stop(None).wait()
    pool.shutdown()


def test_an_address_needs_its_scheme():
    with pytest.raises(client.ClientError, match="write http://"):
        client.Client("localhost:8501/v1/models/names")


def test_the_command_ends_with_a_sentence():
    command = [sys.executable, client.__file__, NOWHERE, "--timeout=1", "--retries=0"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: http://localhost:9/v1/models/names gives no answer")
    assert done.stderr.count("\n") == 1


def test_the_command_needs_the_standard_library_alone():
    program = (
        f"import runpy, sys; runpy.run_path({client.__file__!r}); "
        "print(sorted({'numpy', 'tensorflow', 'keras', 'grpc', 'zoo'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


def test_words_are_read_by_the_type_of_their_input():
    inputs = {
        "prompt": {"dtype": "string", "shape": [-1]},
        "seed": {"dtype": "int64", "shape": [-1]},
        "latent": {"dtype": "float", "shape": [-1, 2]},
    }
    words = ["--prompt=5", "--seed=5", "--latent=[0.5, 1]"]
    assert client.read_row(words, inputs) == {"prompt": "5", "seed": 5, "latent": [0.5, 1]}
    with pytest.raises(client.ClientError, match="'--sed=1' is no input"):
        client.read_row(["--sed=1"], inputs)
    with pytest.raises(client.ClientError, match="'x' is no JSON of type int64"):
        client.read_row(["--seed=x"], inputs)


class InProcess(client.Client):
    """A client that is answered by a model in this process: the way of requests is left out."""

    def __init__(self, signatures):
        super().__init__(NOWHERE)
        self.served, self.asked = signatures, []
        self._signatures = {
            name: {
                "inputs": {
                    key: {"dtype": dtype.name, "shape": [-1, *shape]}
                    for key, (dtype, shape) in signature.inputs.items()
                }
            }
            for name, signature in signatures.items()
        }

    def predict(self, signature, rows):
        self.asked.append((signature, len(rows)))
        tensors = {key: tf.constant([row[key] for row in rows], tf.int32) for key in rows[0]}
        return [
            {"logits": row.tolist()}
            for row in self.served[signature].served(tensors)["logits"].numpy()
        ]


def test_sequences_go_to_the_padded_form_where_they_fit(names_run, names):
    start, length = names_run.domain.vocabulary.start, names_run.domain.length
    sequences = [[start, *range(2, 1 + size)] for size in (1, 5, length, 3)]
    sequences += [[start, *[2] * size] for size in (length, length + 1, length)]
    asking = InProcess(names.signatures)
    answers = asking.logits(sequences)
    assert asking.asked == [("logits_padded", 4), ("logits", 2), ("logits", 1)]
    for tokens, answer in zip(sequences, answers, strict=True):
        free = names.signatures["logits"].served({"tokens": tf.constant([tokens], tf.int32)})
        np.testing.assert_allclose(answer, free["logits"][0], atol=1e-5)


def test_a_version_without_the_padded_form_is_asked_by_length(names_run, names):
    start = names_run.domain.vocabulary.start
    asking = InProcess({"logits": names.signatures["logits"]})
    asking.logits([[start, 2], [start], [start, 3]])
    assert asking.asked == [("logits", 2), ("logits", 1)]
