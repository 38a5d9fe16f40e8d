"""Builds a page that draws images and writes texts in the browser, without a server.

  python -m export --workdir=runs/digits --output=served --name=digits --format=tfjs --python=...
  python -m export --workdir=runs/names --output=served --name=names --format=tfjs --python=...
  python examples/web/build.py --output=page served/digits/forms/tfjs served/names/forms/tfjs

writes page/index.html, to be opened from the disk. Generators of images are needed with their
`decode`, language models with their `logits`. Runs of images that take the same inputs share their
sliders, and one more chooses between them, in the order of their π. The page's libraries,
TensorFlow.js and its WebAssembly backend (Apache-2.0), come from npm.
"""

import argparse
import base64
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import numpy as np

HERE = pathlib.Path(__file__).parent
PACKAGES = HERE.parent.parent / "export/converters/npm-packages.txt"
LIBRARIES = {
    "tf.min.js": "@tensorflow/tfjs/dist/tf.min.js",
    "tf-backend-wasm.min.js": "@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.min.js",
}
# A browser takes one of them, and TensorFlow.js asks for the paths of all.
WASM = tuple(f"tfjs-backend-wasm{kind}.wasm" for kind in ("", "-simd", "-threaded-simd"))
NOTE = """\
TensorFlow.js and its WebAssembly backend, https://github.com/tensorflow/tfjs
Copyright Google LLC, licensed under the Apache License 2.0:
https://www.apache.org/licenses/LICENSE-2.0
"""


def model(folder: pathlib.Path) -> dict:
    """What the page has to know of a form.

    Raises:
        ValueError: the folder holds no form for the page.
    """
    path = folder / "metadata.json"
    if not path.is_file():
        raise ValueError(f"{folder} holds no form: write one by `python -m export --format=tfjs`.")
    metadata = json.loads(path.read_text(encoding="utf-8"))
    if metadata["format"] != "tfjs":
        raise ValueError(f"{folder} is for {metadata['format']}: give one of --format=tfjs.")
    for signature, kind in {"decode": "image", "logits": "text"}.items():
        found = metadata["signatures"].get(signature)
        if found is not None and _fits(metadata, found, kind):
            return _described(folder, metadata, signature, kind)
    refused = "; ".join(f"{name}: {why}" for name, why in metadata["refused"].items())
    raise ValueError(f"{folder} neither decodes images nor has logits of texts. {refused}".strip())


def _fits(metadata, signature, kind):
    """Points are decoded too, and autoregressive images have logits: neither is shown."""
    if kind == "text":
        return "tokens" in metadata
    return len(signature["outputs"].get("image", {}).get("shape", [])) == 4


def _described(folder, metadata, signature, kind):
    of, run = metadata["signatures"][signature], metadata["run"]
    described = {
        "kind": kind,
        "spec": f"{run['data']}, {run['model']}, {run['objective']}, {run['step']:,} steps",
        "tolerance": metadata["tolerance"],
        "example": _example(folder, of, signature),
    }
    described |= _graph(folder / of["file"])
    if kind == "text":
        length = of["inputs"]["tokens"]["shape"][1]
        special = {key: metadata[key] for key in ("tokens", "start", "end", "unknown", "unit")}
        return described | special | {"length": length, "title": run["data"]}
    shape, size = of["outputs"]["image"]["shape"][1:], of["inputs"]["latent"]["shape"][1]
    pi = re.search(r"\bpi=([\d.]+)", run["objective"])
    return described | {
        "shape": shape,
        "size": size,
        "classes": metadata.get("num_classes", 0),
        "prior": metadata["prior"],
        "pi": pi[1] if pi else run["objective"],
        "title": run["data"],
    }


def _example(folder, of, signature):
    """The first row of the examples, with the answer to it."""
    (output,) = of["outputs"]
    with np.load(folder / "examples.npz") as arrays:
        inputs = {name: arrays[f"{signature}/{name}"][:1] for name in of["inputs"]}
        answer = arrays[f"{signature}/{output}"][:1]
    given = {
        name: {"values": rows.ravel().tolist(), "shape": rows.shape, "dtype": str(rows.dtype)}
        for name, rows in inputs.items()
    }
    return {"inputs": given, "output": answer.ravel().tolist()}


def _graph(path):
    """The graph and its weights."""
    graph = json.loads(path.read_text(encoding="utf-8"))
    groups = graph["weightsManifest"]
    parts = [path.with_name(name).read_bytes() for group in groups for name in group["paths"]]
    operations = {node["op"] for node in graph["modelTopology"]["node"]}
    return {
        "loops": bool(operations & {"LoopCond", "StatelessWhile", "While"}),  # they run otherwise
        "topology": graph["modelTopology"],
        "signature": graph["signature"],
        "weights": [weight for group in groups for weight in group["weights"]],
        "bytes": base64.b64encode(b"".join(parts)).decode(),
    }


def grouped(models: list[dict]) -> list[dict]:
    """Numbers the groups: images with the same inputs are one, in the order of their π."""
    groups = {}
    for number, each in enumerate(models):
        same = ("shape", "size", "classes", "prior")
        key = tuple(map(str, map(each.get, same))) if each["kind"] == "image" else number
        each["group"] = groups.setdefault(key, len(groups))
    return sorted(models, key=lambda each: (each["group"], str(each.get("pi"))))


def libraries(folder: pathlib.Path, node_modules: pathlib.Path) -> None:
    """Copies the libraries; WebAssembly goes into a script, since pages on a disk load no more."""
    folder.mkdir(exist_ok=True)
    for name, source in LIBRARIES.items():
        shutil.copyfile(node_modules / source, folder / name)
    paths = {}
    for name in WASM:
        source = node_modules / "@tensorflow/tfjs-backend-wasm/dist" / name
        encoded = base64.b64encode(source.read_bytes()).decode()
        paths[name] = f"data:application/wasm;base64,{encoded}"
    (folder / "wasm.js").write_text(f"const WASM = {json.dumps(paths)};\n", encoding="utf-8")
    (folder / "LICENCE.txt").write_text(NOTE, encoding="utf-8")


def build(output: pathlib.Path, models: list[dict], node_modules: pathlib.Path) -> None:
    """Writes the page."""
    output.mkdir(parents=True, exist_ok=True)
    for name in ("index.html", "page.js"):
        shutil.copyfile(HERE / name, output / name)
    script = f"const MODELS = {json.dumps(grouped(models))};\n"
    (output / "models.js").write_text(script, encoding="utf-8")
    libraries(output / "libraries", node_modules)


def main(arguments: list[str] | None = None) -> None:
    """Builds what the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("forms", type=pathlib.Path, nargs="+", help="folders NAME/forms/tfjs")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="the page's folder")
    parser.add_argument(
        "--node_modules", type=pathlib.Path, help="has the libraries already; by default from npm"
    )
    given = parser.parse_args(arguments)
    try:
        models = [model(folder) for folder in given.forms]
        if given.node_modules is not None:
            build(given.output, models, given.node_modules)
            return
        with tempfile.TemporaryDirectory() as temporary:
            npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", temporary]
            subprocess.run([*npm, *PACKAGES.read_text(encoding="utf-8").split()], check=True)
            build(given.output, models, pathlib.Path(temporary, "node_modules"))
    except (ValueError, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main()
