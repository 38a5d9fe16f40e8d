"""Converts a signature of a SavedModel to LiteRT (TensorFlow Lite), and asks what it answers.

  python to_litert.py SAVED_MODEL SIGNATURE EXAMPLES FOLDER

writes FOLDER/SIGNATURE.tflite, and the answers to EXAMPLES, an .npz file of a batch by input, into
FOLDER/answers.npz. The SavedModel takes batches of one row: LiteRT takes loops over nothing else.
It runs in an environment with tensorflow and ai-edge-litert.
"""

import os
import pathlib
import sys

os.environ |= {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}

import numpy as np
import tensorflow as tf

try:
    from ai_edge_litert.interpreter import Interpreter
except ModuleNotFoundError:  # TensorFlow has had one of its own so far
    from tensorflow.lite import Interpreter


def convert(saved_model: str, signature: str) -> bytes:
    """The model, of LiteRT's own operations only."""
    converter = tf.lite.TFLiteConverter.from_saved_model(
        saved_model, signature_keys=[signature], tags=["serve"]
    )
    return converter.convert()


def answers(model: bytes, signature: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Answers of the interpreter, row by row."""
    runner = Interpreter(model_content=model).get_signature_runner(signature)
    count = len(next(iter(inputs.values())))
    rows = [
        runner(**{name: row[number : number + 1] for name, row in inputs.items()})
        for number in range(count)
    ]
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}


def main(saved_model: str, signature: str, examples: str, folder: str) -> None:
    """Converts and asks."""
    model = convert(saved_model, signature)
    pathlib.Path(folder, f"{signature}.tflite").write_bytes(model)
    with np.load(examples) as inputs:
        found = answers(model, signature, dict(inputs))
    np.savez(pathlib.Path(folder, "answers.npz"), **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
