"""The zoo's side of `serving.py`."""

import atexit
import contextlib
import os
import pathlib
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from export import image_signatures, kit, serving_files, text_signatures
from export.client import Client, ClientError
from export.grpc_client import GrpcClient
from zoo import domains, spec
from zoo.tokenizers.vocabulary import END, UNKNOWN, Vocabulary

if TYPE_CHECKING:
    from benchmarks.serving import Case

_START = 120  # seconds


def set_threads(threads: int) -> None:
    """Sets the number of threads of TensorFlow."""
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.config.threading.set_intra_op_parallelism_threads(threads)


def works(case: "Case") -> dict[str, Callable[[], object]]:
    """Timed functions, by name."""
    from benchmarks.serving import ROWS

    model = _servable(case)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="serving"), "model")
    folder.mkdir()
    model.save(folder / "1")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{case}: {size / 1e6:.2f} MB on disk, all signatures", flush=True)
    loaded = tf.saved_model.load(str(folder / "1")).signatures
    asked = {
        f"{name}, {count} rows": (name, _rows(signature, count))
        for name, signature in model.signatures.items()
        for count in ROWS
        if name != "serving_default"  # another name of `generate`
    }
    made = {f"zoo: {task}": _call(loaded[name], rows) for task, (name, rows) in asked.items()}
    first = _rows(model.signatures["generate"], 1)
    made["zoo: load"] = lambda: _call(
        tf.saved_model.load(str(folder / "1")).signatures["generate"], first
    )()
    if "TF_MODEL_SERVER" in os.environ:
        made |= _server_works(folder, model, asked)
    return made


def _servable(case):
    if case.kind == "dcgan":
        domain = domains.Image((28, 28, 1), digits=True)
        generator = f"dcgan(width={case.units}, latent_size={case.latent_size})"
        return image_signatures.build(
            spec.build("models", generator, domain).generator, domain.shape
        )
    tokens = [UNKNOWN, END, *map(chr, range(1000, 1000 + case.vocabulary_size - 2))]
    # Contiguous text has no end, so that all samples have all tokens.
    domain = domains.Text(Vocabulary(tokens, "character"), case.length, contiguous=True)
    model = f"{case.kind}(units={case.units}, layers={case.layers})"
    return text_signatures.build(spec.build("models", model, domain))


def _rows(signature, count):
    """As many rows as asked for, each the signature's first example, without a prompt.

    Then all tokens are drawn, as in PyTorch.
    """
    first = {key: rows[:1] for key, rows in signature.examples.items()}
    if "prompt" in first:
        first["prompt"] = np.array([b""], dtype=object)
    return {key: np.repeat(rows, count, axis=0) for key, rows in first.items()}


def _call(function, rows):
    inputs = {
        key: tf.constant(value, function.structured_input_signature[1][key].dtype)
        for key, value in rows.items()
    }
    return lambda: {key: output.numpy() for key, output in function(**inputs).items()}


def _server_works(folder, model, asked):
    """The same requests to a server of the folder, by REST and by gRPC."""
    serving_files.write(folder, "model", model)
    config = folder / "models.config"
    config.write_text(config.read_text().replace("/models/model", str(folder)))
    rest, grpc = _free_port(), _free_port()
    flags = [f"--port={grpc}", f"--rest_api_port={rest}", *kit.server_flags(str(folder))]
    server = subprocess.Popen(
        [os.environ["TF_MODEL_SERVER"], *flags],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    atexit.register(server.kill)
    by_rest = Client(f"http://127.0.0.1:{rest}/v1/models/model")
    by_grpc = GrpcClient(f"127.0.0.1:{grpc}", "model")
    end = time.monotonic() + _START
    while time.monotonic() < end:
        with contextlib.suppress(ClientError):
            by_rest.signatures()
            break
    made = {}
    for task, (name, rows) in asked.items():
        count = len(next(iter(rows.values())))
        lists = [{key: _plain(value[n]) for key, value in rows.items()} for n in range(count)]
        dtypes = {key: dtype for key, (dtype, _) in model.signatures[name].inputs.items()}
        arrays = {
            key: value if value.dtype == object else value.astype(dtypes[key].as_numpy_dtype)
            for key, value in rows.items()
        }
        made[f"zoo by REST: {task}"] = lambda n=name, r=lists: by_rest.predict(n, r)
        made[f"zoo by gRPC: {task}"] = lambda n=name, r=arrays: by_grpc.predict(n, r)
    return made


def _plain(value):
    return value.decode() if isinstance(value, bytes) else value.tolist()


def _free_port():
    with contextlib.closing(socket.socket()) as there:
        there.bind(("127.0.0.1", 0))
        return there.getsockname()[1]
