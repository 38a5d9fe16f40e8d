"""Converts a signature of a SavedModel to ONNX, and asks onnxruntime what it answers.

  python to_onnx.py SAVED_MODEL SIGNATURE EXAMPLES FOLDER

writes FOLDER/SIGNATURE.onnx, and the answers to EXAMPLES, an .npz file of a batch by input, into
FOLDER/answers.npz. It runs in an environment with tensorflow, tf2onnx and onnxruntime.
"""

import os
import pathlib
import subprocess
import sys

import numpy as np
import onnxruntime

_OPSET = 17


def convert(saved_model: str, signature: str, path: pathlib.Path) -> None:
    """Writes the ONNX file, which may be invalid: tf2onnx ends with 0 on unknown operations."""
    command = [sys.executable, "-m", "tf2onnx.convert", "--saved-model", saved_model]
    command += ["--tag", "serve", "--signature_def", signature]
    command += ["--opset", str(_OPSET), "--output", str(path)]
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        sys.exit(done.stderr)


def answers(path: pathlib.Path, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Answers of onnxruntime, which refuses invalid files."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs), strict=True))


def main(saved_model: str, signature: str, examples: str, folder: str) -> None:
    """Converts and asks."""
    path = pathlib.Path(folder, f"{signature}.onnx")
    convert(saved_model, signature, path)
    with np.load(examples) as inputs:
        np.savez(pathlib.Path(folder, "answers.npz"), **answers(path, dict(inputs)))


if __name__ == "__main__":
    main(*sys.argv[1:])
