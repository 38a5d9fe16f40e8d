"""From a run to a form for another runtime: see `export.export_form`."""

import contextlib
import dataclasses
import json
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy as np
import tensorflow as tf

from export import checking, exporting, forms
from export.errors import ExportError
from export.servable import Servable
from zoo.runs.loading import load
from zoo.runs.plain_paths import plain
from zoo.runs.run import Run

TOLERANCE = 1e-4  # of |difference| / max(1, |number|)
FOLDER = "forms"  # TensorFlow Serving looks at folders only whose names are numbers
METADATA, EXAMPLES = "metadata.json", "examples.npz"

_CONVERTERS = pathlib.Path(__file__).with_name("converters")
_FILES = {"onnx": "{}.onnx", "litert": "{}.tflite", "tfjs": "{}/model.json"}
_ROWS = {"litert": 1}  # LiteRT refuses loops over batches of any size
FORMATS = ("saved_model", *_FILES)
_LONGEST_REASON = 400


@dataclasses.dataclass(frozen=True)
class Form:
    """A form that was written.

    Attributes:
        path: its folder.
        differences: the largest |difference| / max(1, |number|) from the run's own answers, by
            signature.
        refused: the reason, by each signature that could not be had.
    """

    path: pathlib.Path
    differences: dict[str, float]
    refused: dict[str, str]


def export_form(
    run: Run | str | os.PathLike,
    output: str | os.PathLike,
    name: str,
    form: str,
    length: int | None = None,
    calibrated: bool = False,
    python: str | None = None,
) -> Form:
    """See `export.export_form`."""
    if form not in FORMATS:
        raise ExportError(f"There is no format {form!r}. Known: {', '.join(FORMATS)}.")
    path = exporting.folder_of(output, name) / FOLDER / form
    run = run if isinstance(run, Run) else load(run)
    model = exporting.with_origin(forms.build(run, length, calibrated), run)
    expected = {name: _answers(signature) for name, signature in model.signatures.items()}
    with _replacing(path) as unfinished:
        if form == "saved_model":
            differences, refused = _save(model, unfinished, expected), {}
        else:
            differences, refused = _convert(model, unfinished, expected, form, python)
        if not differences:
            raise ExportError(
                f"{run.experiment.model} cannot be had as {form}: {_sentences(refused)}"
            )
        _describe(model, unfinished, expected, form, differences, refused)
    return Form(path, differences, refused)


def _answers(signature):
    """The answer in this process to a signature's examples."""
    with tf.device("/CPU:0"):
        return {k: v.numpy() for k, v in signature.served(_tensors(signature)).items()}


def _inputs(signature):
    return {
        name: np.asarray(rows, signature.inputs[name][0].as_numpy_dtype)
        for name, rows in signature.examples.items()
    }


def _tensors(signature):
    return {name: tf.constant(rows) for name, rows in _inputs(signature).items()}


def _save(model, folder, expected):
    """Writes the SavedModel and compares what it answers, loaded as an application loads it."""
    dataclasses.replace(model, metadata={}).save(plain(folder))
    call = checking.for_application(str(folder))
    differences = {}
    for name, signature in model.signatures.items():
        differences[name] = difference(expected[name], call(name, _inputs(signature)))
        if not differences[name] <= TOLERANCE:
            raise ExportError(f"{name} answers otherwise than the run, loaded again: no form.")
    return differences


def _convert(model: Servable, folder, expected, form, python):
    """Converts each signature in a process of its own; returns differences and reasons."""
    differences, refused = {}, {}
    with tempfile.TemporaryDirectory() as temporary:
        source = pathlib.Path(temporary, "saved_model")
        dataclasses.replace(model, metadata={}).save(source, _ROWS.get(form))
        for name, signature in model.signatures.items():
            place = pathlib.Path(temporary, name)
            place.mkdir()
            np.savez(place / "inputs.npz", **_inputs(signature))
            reason = _run(form, python, [source, name, place / "inputs.npz", place])
            if reason is None:
                with np.load(place / "answers.npz") as answers:
                    found = difference(expected[name], dict(answers))
                if found <= TOLERANCE:
                    differences[name] = found
                    first = _FILES[form].format(name).partition("/")[0]
                    shutil.move(place / first, folder / first)
                    continue
                reason = f"converted, it answers otherwise than the run, by {found:.1g}."
            refused[name] = reason
    return differences, refused


def _run(form, python, arguments):
    """Runs a converter; returns why it failed, or None.

    Raises:
        ExportError: the interpreter is none, or has no such converter.
    """
    python = os.path.expanduser(python or sys.executable)
    command = [python, "-P", str(_CONVERTERS / f"to_{form}.py"), *map(str, arguments)]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
    except OSError as error:
        raise ExportError(f"python={python} cannot be started ({error.strerror}).") from None
    if done.returncode == 0:
        return None
    words = done.stderr.strip().splitlines() or [f"the converter ended with {done.returncode}."]
    if "ModuleNotFoundError" in words[-1] or "Cannot find module" in done.stderr:
        raise ExportError(
            f"{python} has no converter to {form}. Make an environment that has it, by "
            f"`python -m export.converters.environment {form} FOLDER`, and name it by "
            "--python=FOLDER/bin/python."
        )
    return _reason(words)


def _reason(words):
    """The line of a traceback, or of what comes after it, that tells most: the error's own."""
    errors = [line for line in words if line.split(":")[0].endswith(("Error", "Exception"))]
    return (errors or words)[-1].strip()[:_LONGEST_REASON]


def difference(expected: dict[str, np.ndarray], found: dict[str, np.ndarray]) -> float:
    """The largest |difference| / max(1, |number|) of two answers; inf where they do not compare."""
    if expected.keys() != found.keys():
        return math.inf
    largest = 0.0
    for name, numbers in expected.items():
        others = found[name]
        if numbers.shape != others.shape or not np.isfinite(others).all():
            return math.inf
        if numbers.size:
            apart = np.abs(numbers - others) / np.maximum(1, np.abs(numbers))
            largest = max(largest, float(apart.max()))
    return largest


def _describe(model, folder, expected, form, differences, refused):
    """Writes the inputs, outputs and examples of what was written."""
    described, arrays = {}, {}
    for name, found in differences.items():
        signature = model.signatures[name]
        inputs, outputs = _inputs(signature), expected[name]
        described[name] = {
            "file": _FILES.get(form, "saved_model.pb").format(name),
            "inputs": {k: _spec(v, _ROWS.get(form)) for k, v in inputs.items()},
            "outputs": {k: _spec(v, _ROWS.get(form)) for k, v in outputs.items()},
            "largest_difference": found,
        }
        arrays |= {f"{name}/{k}": rows for k, rows in (inputs | outputs).items()}
    document = {"format": form, "signatures": described, "refused": refused}
    document |= {"tolerance": TOLERANCE} | model.metadata
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    (folder / METADATA).write_text(text, encoding="utf-8")
    np.savez(folder / EXAMPLES, **arrays)


def _spec(rows, batch):
    return {"dtype": str(rows.dtype), "shape": [batch, *rows.shape[1:]]}


def _sentences(refused):
    return " ".join(f"{name}: {reason}" for name, reason in refused.items())


@contextlib.contextmanager
def _replacing(path: pathlib.Path):
    """A folder to fill, which takes the place of `path` at the end of the block and not before."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = pathlib.Path(tempfile.mkdtemp(prefix=".unfinished-", dir=path.parent))
    except OSError as error:
        raise ExportError(
            f"Cannot write to {path.parent} ({error.strerror}). Make room, or give another folder."
        ) from None
    try:
        yield unfinished
        unfinished.chmod(0o755)
        if path.exists():
            path.rename(unfinished.with_name(unfinished.name + "-before"))
        unfinished.rename(path)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.rmtree(unfinished.with_name(unfinished.name + "-before"), ignore_errors=True)
