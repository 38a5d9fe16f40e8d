"""The requests that TensorFlow Serving sends a new version before it takes traffic.

They stand in `assets.extra`, a TFRecord of PredictionLog. Each has the run's own answer beside
it, which the server does not look at and `export.checking` does.
"""

import pathlib
from collections.abc import Sequence

import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from export.servable import Servable, Signature

FILE = pathlib.PurePath("assets.extra", "tf_serving_warmup_requests")


def logs(servable: Servable, name: str) -> list[prediction_log_pb2.PredictionLog]:
    """A request for each signature with the answer that it has in this process.

    Args:
        servable: the model.
        name: the name that it is served under.
    """
    return [_log(name, key, signature) for key, signature in servable.signatures.items()]


def write(folder: pathlib.Path, records: Sequence[prediction_log_pb2.PredictionLog]) -> None:
    """Writes the warm-up file of a version."""
    path = folder / FILE
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in records:
            writer.write(record.SerializeToString())


def _log(name, key, signature: Signature):
    # The check has no GPU, since this process may hold all of its memory: nor has the answer.
    with tf.device("/CPU:0"):
        answer = signature.served(
            {
                given: tf.constant(rows, signature.inputs[given][0])
                for given, rows in signature.examples.items()
            }
        )
    record = prediction_log_pb2.PredictionLog()
    request, response = record.predict_log.request, record.predict_log.response
    request.model_spec.name, request.model_spec.signature_name = name, key
    for given, rows in signature.examples.items():
        dtype = signature.inputs[given][0]
        request.inputs[given].CopyFrom(tf.make_tensor_proto(rows, dtype))
    for output, rows in answer.items():
        response.outputs[output].CopyFrom(tf.make_tensor_proto(rows.numpy()))
    return record
