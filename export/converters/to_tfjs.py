"""Converts a signature of a SavedModel to TensorFlow.js, and asks Node what it answers.

  python to_tfjs.py SAVED_MODEL SIGNATURE EXAMPLES FOLDER

writes FOLDER/SIGNATURE/model.json with its weights, and the answers to EXAMPLES, an .npz file of a
batch by input, into FOLDER/answers.npz. It runs in an environment with tensorflowjs, in whose
folder npm has installed @tensorflow/tfjs and @tensorflow/tfjs-backend-wasm.
"""

import json
import os
import pathlib
import subprocess
import sys
import types

os.environ |= {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}

import numpy as np

# tensorflowjs imports it for one of its formats, and it crashes beside this TensorFlow.
sys.modules["tensorflow_decision_forests"] = types.ModuleType("tensorflow_decision_forests")

from tensorflowjs.converters import tf_saved_model_conversion_v2

_ASK = pathlib.Path(__file__).with_name("ask_tfjs.cjs")


def answers(folder: pathlib.Path, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Answers of TensorFlow.js in Node; sys.exit with its words if it fails."""
    request = {
        name: {"shape": rows.shape, "dtype": str(rows.dtype), "bytes": rows.tobytes().hex()}
        for name, rows in inputs.items()
    }
    done = subprocess.run(
        ["node", _ASK, folder],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        env=os.environ | {"NODE_PATH": str(pathlib.Path(sys.prefix, "node_modules"))},
    )
    if done.returncode:
        sys.exit(done.stderr)
    return {
        name: np.frombuffer(bytes.fromhex(rows["bytes"]), rows["dtype"]).reshape(rows["shape"])
        for name, rows in json.loads(done.stdout).items()
    }


def main(saved_model: str, signature: str, examples: str, folder: str) -> None:
    """Converts and asks."""
    path = pathlib.Path(folder, signature)
    tf_saved_model_conversion_v2.convert_tf_saved_model(
        saved_model, str(path), signature_def=signature, saved_model_tags="serve"
    )
    with np.load(examples) as inputs:
        found = answers(path, dict(inputs))
    np.savez(pathlib.Path(folder, "answers.npz"), **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
