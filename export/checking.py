"""Checks that a version answers its warm-up requests as recorded.

  python -m export.checking served/names/1

needs neither Keras nor the zoo. Every signature is called in the two ways in which TensorFlow
loads a SavedModel: the one of applications, and the one of TensorFlow Serving, which finds
faults, such as a variable that was not saved, that the other hides.
"""

import contextlib
import os
import pathlib
import sys
from collections.abc import Callable

if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.modules["keras"] = None  # TensorFlow imports Keras wherever it is installed

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

Arrays = dict[str, np.ndarray]  # by the name of an input or output

_TOLERANCE = 1e-5


def differences(folder: str) -> list[str]:
    """Lists the outputs of a version that are not as recorded, a sentence each."""
    path = pathlib.Path(folder, "assets.extra", "tf_serving_warmup_requests")
    records = list(tf.data.TFRecordDataset(str(path)).as_numpy_iterator())
    found = []
    for way, load in {"an application": for_application, "a server": for_serving}.items():
        call = load(folder)
        for record in records:
            log = prediction_log_pb2.PredictionLog.FromString(record).predict_log
            name = log.request.model_spec.signature_name
            expected, answer = (
                _arrays(log.response.outputs),
                call(name, _arrays(log.request.inputs)),
            )
            found += [
                f"Loaded as in {way}, {name} answers another {key}."
                for key in sorted(expected | answer)
                if not agree(key, expected.get(key), answer.get(key))
            ]
    return found


def for_application(folder: str | os.PathLike) -> Callable[[str, Arrays], Arrays]:
    """Loads a SavedModel; returns what calls a signature by its name with a dict of arrays."""
    with contextlib.chdir(folder):  # TensorFlow takes *?[]\ in a path for a pattern
        signatures = tf.saved_model.load(".").signatures

    def call(name, inputs):
        answer = signatures[name](**{key: tf.constant(rows) for key, rows in inputs.items()})
        return {key: rows.numpy() for key, rows in answer.items()}

    return call


def for_serving(folder: str | os.PathLike) -> Callable[[str, Arrays], Arrays]:
    """The same as `for_application` by a session, which is what TensorFlow Serving does."""
    session = tf.compat.v1.Session(graph=tf.Graph())
    with session.graph.as_default(), contextlib.chdir(folder):
        signatures = tf.compat.v1.saved_model.load(session, ["serve"], ".").signature_def

    def call(name, inputs):
        signature = signatures[name]
        fetched = {key: tensor.name for key, tensor in signature.outputs.items()}
        return session.run(fetched, {signature.inputs[k].name: v for k, v in inputs.items()})

    return call


def agree(key: str, expected: np.ndarray | None, answer: np.ndarray | None) -> bool:
    """Compares two arrays of one output.

    Numbers agree to 1e-5 if they are finite, the pixels of PNG files to one of 255 levels,
    everything else exactly.
    """
    if expected is None or answer is None or expected.shape != answer.shape:
        return False
    if key.endswith("_bytes"):
        there = expected != b""  # a row with an error has no file
        if (there != (answer != b"")).any():
            return False
        return bool((np.abs(_pixels(expected[there]) - _pixels(answer[there])) <= 1).all())
    if expected.dtype.kind == "f":
        close = np.allclose(expected, answer, rtol=_TOLERANCE, atol=_TOLERANCE)
        return close and bool(np.isfinite(answer).all())
    return bool((expected == answer).all())


def _pixels(files):
    return np.array([tf.io.decode_png(file).numpy() for file in files]).astype(int)


def _arrays(protos):
    return {key: tf.make_ndarray(proto) for key, proto in protos.items()}


if __name__ == "__main__":
    complaints = differences(sys.argv[1])
    print("\n".join(complaints) or f"{sys.argv[1]} answers as it was recorded to.")
    sys.exit(1 if complaints else 0)
