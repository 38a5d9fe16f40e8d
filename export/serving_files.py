"""The files beside a model's versions: how to serve it, and how to ask it."""

import json
import math
import pathlib
import shlex

import tensorflow as tf

from export import generated, kit, models_config
from export.batching import Batching
from export.servable import Servable, Signature

_README = """\
# {name}

Serve it, here with Docker; a version that is added to this folder is served within seconds,
and goes live only after it has answered a request to each of its signatures:

```sh
docker run --rm -p 127.0.0.1:8500:8500 -p 127.0.0.1:8501:8501 \\
    -v {mount} {image} \\
    {flags}
```

`docker compose up -d` in this folder does the same with docker-compose.yml, and starts the server
anew where it ends; kubernetes.yaml is for a cluster. The files beside the versions are written by
each export, except those that were edited since.

Is it there?

```sh
curl http://localhost:8501/v1/models/{name}
```

Where a request names no signature, `generate` answers. The same seed gives the same answer,
whatever is asked beside it.

## Operation

- Merging needs requests that arrive together: the number of threads limits how many can.
- Never send a request of no rows in the column form (`inputs`) or by gRPC. With batching on,
  TensorFlow Serving does not answer it until another request of that signature comes, and eight of
  them blocked all REST of a server with eight threads, status included. If the status does not
  answer: send a request of one row to each signature by gRPC, or start the server anew. The clients
  of generative-objectives-zoo refuse to send such requests.
- Without `--grpc_max_threads` 32 clients by gRPC are mostly answered RESOURCE_EXHAUSTED, "Server
  Threadpool Exhausted": try again after a pause, as the clients do.
- A REST answer of 16 to 64 KB takes about 48 ms longer on a connection that is kept alive, since
  the system waits for an acknowledgement. PNG files and gRPC avoid it.
- `python -m export --output={output} --name={name} --rollback` takes the newest version out of
  service, `--label=stable` labels a version, `--keep=3` deletes all but the newest three.

{signatures}
"""

_BATCHING = "batching.config"

_SIGNATURE = """\
## {key}

{inputs} → {outputs}
"""

_CURL = """
```sh
curl http://localhost:8501/v1/models/{name}:predict -d {request}{save}
```
"""

_SAVE_PNG = """ |
    python3 -c 'import base64, json, sys; sys.stdout.buffer.write(
        base64.b64decode(json.load(sys.stdin)["predictions"][0]["b64"]))' > image.png"""

_SIZE = """
A row's answer is {size:,} bytes by gRPC, and at most some four times as many by REST.
"""

# Smaller answers need no sentence.
_SMALLEST_SIZE = 1000

# A longer request is not one to type.
_LONGEST_REQUEST = 200


def write(
    folder: pathlib.Path, name: str, servable: Servable, batching: Batching | None = None
) -> list[str]:
    """Writes the files to serve a model by, and its README.md, into the model's folder.

    A file that was edited since it was written stays as it is.

    Args:
        folder: the model's folder.
        name: the model's name.
        servable: the exported model.
        batching: how requests are merged; None: as the file there says, or by the defaults.

    Returns:
        The names of the files that were left because they were edited.
    """
    root = f"/models/{name}"
    sections = [
        _section(name, key, signature)
        for key, signature in servable.signatures.items()
        if key != "serving_default"  # another name of `generate`
    ]
    readme = _README.format(
        name=name,
        mount=shlex.quote(f"{folder.resolve()}:{root}"),
        image=kit.IMAGE,
        flags=" \\\n    ".join(kit.server_flags(root)),
        output=shlex.quote(str(folder.resolve().parent)),
        signatures="\n".join(sections).rstrip(),
    )
    edited = generated.is_edited(folder / models_config.FILE)  # then whatever it holds stays
    labels = {} if edited else models_config.labels(folder)
    texts = kit.files(name, root, name) | {
        models_config.FILE: models_config.text(name, labels),
        "README.md": readme,
    }
    if batching is not None or not (folder / _BATCHING).exists():
        texts[_BATCHING] = (batching or Batching()).config
    return generated.write(folder, texts)


def _section(name, key, signature: Signature):
    function = signature.served.get_concrete_function()
    inputs = {key: (dtype, [None, *shape]) for key, (dtype, shape) in signature.inputs.items()}
    outputs = {key: (spec.dtype, spec.shape) for key, spec in function.structured_outputs.items()}
    section = _SIGNATURE.format(key=key, inputs=_words(inputs), outputs=_words(outputs))
    size = _size_of_a_row(outputs)
    if size is not None and size >= _SMALLEST_SIZE:
        section += _SIZE.format(size=size)
    request = _request(key, signature)
    if len(request) <= _LONGEST_REQUEST:
        save = _SAVE_PNG if "image_bytes" in outputs else ""
        section += _CURL.format(name=name, request=shlex.quote(request), save=save)
    return section


def _size_of_a_row(outputs):
    """Bytes of the numbers of a row; None where a size is open."""
    numbers = [(dtype, shape[1:]) for dtype, shape in outputs.values() if dtype != tf.string]
    if any(size is None for _, shape in numbers for size in shape):
        return None
    return sum(dtype.size * math.prod(shape) for dtype, shape in numbers)


def _request(key, signature):
    """The first example as JSON."""
    row = {name: _json(rows[0]) for name, rows in signature.examples.items()}
    return json.dumps({"signature_name": key, "instances": [row]})


def _json(value):
    return value.decode() if isinstance(value, bytes) else value.tolist()


def _words(parts):
    return ", ".join(
        f"`{key}` {dtype.name} [{', '.join(_size(size) for size in shape)}]"
        for key, (dtype, shape) in parts.items()
    )


def _size(size):
    return "any" if size is None else str(size)
