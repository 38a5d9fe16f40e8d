"""The files beside a model's versions: how to serve it, and how to ask it."""

import dataclasses
import hashlib
import json
import os
import pathlib
import shlex

from export.errors import ExportError
from export.servable import Servable, Signature

_GENERATED = ".generated.json"  # the digests of the files beside the versions

_MODELS = """\
# For tensorflow_model_server --model_config_file. The newest version is served.
model_config_list {{
  config {{
    name: "{name}"
    base_path: "/models/{name}"
    model_platform: "tensorflow"
  }}
}}
"""

_BATCHING = """\
# For tensorflow_model_server --enable_batching --batching_parameters_file.
# Rows do not depend on each other, so that requests may be merged. Leave
# pad_variable_length_inputs off: with it a request gets rows that it did not ask for.

# A longer request is refused; a shorter one is cut into executions.
max_batch_size {{ value: {max_batch_size} }}
enable_large_batch_splitting {{ value: true }}
# Rows that the model computes at once. More need more memory, and gain little.
max_execution_batch_size {{ value: {max_execution_batch_size} }}
# How long a request waits for others: what a lone one loses, unless threads are all busy.
batch_timeout_micros {{ value: {batch_timeout_micros} }}
# Executions at the same time: the number of cores, since each may use all of them.
num_batch_threads {{ value: {num_batch_threads} }}
# Executions that wait; beyond them requests are answered that the server is busy.
max_enqueued_batches {{ value: 1000 }}
"""

_README = """\
# {name}

Serve it, here with Docker; a version that is added to this folder is served within seconds,
and goes live only after it has answered a request to each of its signatures:

```sh
docker run --rm -p 8500:8500 -p 8501:8501 -v {mount} tensorflow/serving \\
    --model_config_file=/models/{name}/models.config \\
    --enable_batching --batching_parameters_file=/models/{name}/batching.config \\
    --rest_api_num_threads=64 --grpc_max_threads=256
```

Merging needs requests that arrive together: the number of threads limits how many can.

Is it there?

```sh
curl http://localhost:8501/v1/models/{name}
```

Where a request names no signature, `generate` answers. The same seed gives the same answer,
whatever is asked beside it.

{signatures}
"""

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

# A longer request is not one to type.
_LONGEST_REQUEST = 200


@dataclasses.dataclass(frozen=True)
class Batching:
    """The server's merging of requests into batches; see the generated batching.config.

    Attributes:
        max_batch_size: rows of a request at most.
        max_execution_batch_size: rows that the model computes at once at most.
        batch_timeout_micros: microseconds that a request waits for others.
        num_batch_threads: executions at the same time.
    """

    max_batch_size: int = 20_000
    max_execution_batch_size: int = 256
    batch_timeout_micros: int = 500
    num_batch_threads: int = 2

    def __post_init__(self):
        """Refuses what the server would refuse."""
        for name, value in dataclasses.asdict(self).items():
            least = 0 if name == "batch_timeout_micros" else 1
            if value < least:
                raise ExportError(f"{name}={value} should be at least {least}.")
        if self.max_execution_batch_size > self.max_batch_size:
            raise ExportError(
                f"max_execution_batch_size={self.max_execution_batch_size} is more than "
                f"max_batch_size={self.max_batch_size}."
            )


def write(
    folder: pathlib.Path, name: str, servable: Servable, batching: Batching | None = None
) -> list[str]:
    """Writes models.config, batching.config and README.md into a model's folder.

    A file that was edited since it was written stays as it is.

    Args:
        folder: the model's folder.
        name: the model's name.
        servable: the exported model.
        batching: how requests are merged; None: by the defaults.

    Returns:
        The names of the files that were left because they were edited.
    """
    mount = shlex.quote(f"{folder.resolve()}:/models/{name}")
    sections = [
        _section(name, key, signature)
        for key, signature in servable.signatures.items()
        if key != "serving_default"  # another name of `generate`
    ]
    readme = _README.format(name=name, mount=mount, signatures="\n".join(sections).rstrip())
    texts = {
        "models.config": _MODELS.format(name=name),
        "batching.config": _BATCHING.format(**dataclasses.asdict(batching or Batching())),
        "README.md": readme,
    }
    written = _written(folder)
    edited = [name for name in texts if _is_edited(folder / name, written.get(name))]
    for file, text in texts.items():
        if file not in edited:
            _write(folder / file, text)
            written[file] = _digest(text)
    _write(folder / _GENERATED, json.dumps(written, indent=2) + "\n")
    return edited


def _written(folder):
    """The digests of the files as they were last written; of none before there were digests."""
    try:
        return dict(json.loads((folder / _GENERATED).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _is_edited(path, digest):
    return path.is_file() and _digest(path.read_text(encoding="utf-8")) != digest


def _digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def _section(name, key, signature: Signature):
    function = signature.served.get_concrete_function()
    inputs = {key: (dtype, [None, *shape]) for key, (dtype, shape) in signature.inputs.items()}
    outputs = {key: (spec.dtype, spec.shape) for key, spec in function.structured_outputs.items()}
    section = _SIGNATURE.format(key=key, inputs=_words(inputs), outputs=_words(outputs))
    request = _request(key, signature)
    if len(request) <= _LONGEST_REQUEST:
        save = _SAVE_PNG if "image_bytes" in outputs else ""
        section += _CURL.format(name=name, request=shlex.quote(request), save=save)
    return section


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


def _write(path, text):
    """Writes beside `path` and renames, so that a server never reads half a file."""
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)
