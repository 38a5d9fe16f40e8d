"""The clients: what is sent, what is refused before it is sent, and what is told of failures.

Answers of a server are tested in test_model_server.py, on a server.
"""

import subprocess
import sys

import numpy as np
import pytest

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
