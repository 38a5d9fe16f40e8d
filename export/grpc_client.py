"""Asks a model that TensorFlow Serving serves, by gRPC: arrays in, arrays out."""

import time
from collections.abc import Mapping

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from export.client import ClientError, pad

_AGAIN = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED}
_FIRST_PAUSE = 0.1  # seconds; it doubles from attempt to attempt


class GrpcClient:
    """A model at a host and port.

    Args:
        target: such as "localhost:8500".
        name: the model's name.
        timeout: the deadline of one attempt, in seconds.
        retries: further attempts where the server is not there, or has no thread left.
        most_bytes: the largest message either way.
        credentials: of a TLS channel; None: the channel is not encrypted.
    """

    def __init__(
        self,
        target: str,
        name: str,
        timeout: float = 30.0,
        retries: int = 5,
        most_bytes: int = 2**28,
        credentials: grpc.ChannelCredentials | None = None,
    ):
        options = [
            ("grpc.max_send_message_length", most_bytes),
            ("grpc.max_receive_message_length", most_bytes),
        ]
        if credentials is None:
            self._channel = grpc.insecure_channel(target, options)
        else:
            self._channel = grpc.secure_channel(target, credentials, options)
        self._stub = prediction_service_pb2_grpc.PredictionServiceStub(self._channel)
        self._name, self._timeout, self._retries = name, timeout, retries
        self._longest = None  # the length of `logits_padded`, once it is known

    def predict(
        self,
        signature: str,
        inputs: Mapping[str, np.ndarray],
        version: int | None = None,
        label: str | None = None,
    ) -> dict[str, np.ndarray]:
        """Asks for the answers to the rows of arrays.

        Args:
            signature: its name, such as "generate".
            inputs: arrays [rows, ...] of the signature's types, at least one row.
            version: of the model; None: the newest.
            label: of the version, such as "stable", in place of its number.

        Returns:
            The outputs, arrays [rows, ...].

        Raises:
            ClientError: no rows, or a request that the server refuses or does not answer in time.
        """
        if any(len(array) == 0 for array in inputs.values()):
            # TensorFlow Serving never answers a batched request of no rows.
            raise ClientError("A request needs at least one row.")
        request = predict_pb2.PredictRequest()
        request.model_spec.name, request.model_spec.signature_name = self._name, signature
        if version is not None:
            request.model_spec.version.value = version
        if label is not None:
            request.model_spec.version_label = label
        for name, array in inputs.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(array))
        answer = self._ask(self._stub.Predict, request)
        return {name: tf.make_ndarray(proto) for name, proto in answer.outputs.items()}

    def logits(self, sequences: list[list[int]]) -> list[np.ndarray]:
        """Asks a language model for the logits after each token of sequences of any lengths.

        See `export.client.Client.logits`, which does the same by REST.

        Args:
            sequences: ids of tokens, the start token first; at least one.

        Returns:
            For each sequence, float32 [tokens, vocabulary size].

        Raises:
            ClientError: see `predict`.
        """
        longest, answers = self._padded_length(), {}
        short = [number for number, tokens in enumerate(sequences) if len(tokens) <= longest]
        if short:
            rows = [pad(sequences[number], longest) for number in short]
            inputs = {key: np.array([row[key] for row in rows], np.int32) for key in rows[0]}
            answers |= zip(short, self.predict("logits_padded", inputs)["logits"], strict=True)
        for number, tokens in enumerate(sequences):
            if number not in answers:
                row = self.predict("logits", {"tokens": np.array([tokens], np.int32)})
                answers[number] = row["logits"][0]
        return [answers[number][: len(tokens)] for number, tokens in enumerate(sequences)]

    def _padded_length(self):
        """The length of the model's signature `logits_padded`; 0 without one."""
        if self._longest is None:
            request = get_model_metadata_pb2.GetModelMetadataRequest()
            request.model_spec.name = self._name
            request.metadata_field.append("signature_def")
            answer = self._ask(self._stub.GetModelMetadata, request)
            found = get_model_metadata_pb2.SignatureDefMap()
            answer.metadata["signature_def"].Unpack(found)
            shape = found.signature_def["logits_padded"].inputs["tokens"].tensor_shape
            self._longest = shape.dim[1].size if shape.dim else 0
        return self._longest

    def close(self) -> None:
        """Closes the channel."""
        self._channel.close()

    def _ask(self, method, request):
        pause = _FIRST_PAUSE
        for attempt in range(1 + self._retries):
            try:
                return method(request, self._timeout)
            except grpc.RpcError as error:
                if error.code() not in _AGAIN or attempt == self._retries:
                    raise ClientError(
                        f"The server does not answer ({error.code().name}: {error.details()})."
                    ) from None
            time.sleep(pause)
            pause *= 2
