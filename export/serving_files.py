"""The files beside a model's versions: how to serve it, and how to ask it."""

import json
import os
import pathlib
import shlex

from export.servable import Servable, Signature

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
max_batch_size { value: 32 }
batch_timeout_micros { value: 2000 }
max_enqueued_batches { value: 100 }
num_batch_threads { value: 4 }
"""

_README = """\
# {name}

Serve it, here with Docker; a version that is added to this folder is served within seconds,
and goes live only after it has answered a request to each of its signatures:

```sh
docker run --rm -p 8500:8500 -p 8501:8501 -v {mount} tensorflow/serving \\
    --model_config_file=/models/{name}/models.config \\
    --enable_batching --batching_parameters_file=/models/{name}/batching.config
```

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


def write(folder: pathlib.Path, name: str, servable: Servable) -> None:
    """Writes models.config, batching.config and README.md into a model's folder."""
    mount = shlex.quote(f"{folder.resolve()}:/models/{name}")
    sections = [
        _section(name, key, signature)
        for key, signature in servable.signatures.items()
        if key != "serving_default"  # another name of `generate`
    ]
    readme = _README.format(name=name, mount=mount, signatures="\n".join(sections).rstrip())
    _write(folder / "models.config", _MODELS.format(name=name))
    _write(folder / "batching.config", _BATCHING)
    _write(folder / "README.md", readme)


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
