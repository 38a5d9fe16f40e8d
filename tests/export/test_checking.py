"""What counts as the same answer, and that a version that answers otherwise is found out."""

import shutil

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from export import checking, warmup
from export.image_signatures import png


def strings(*values):
    return np.array(values, dtype=object)


def test_numbers_agree_to_1e_5():
    assert checking.agree("image", np.array([1.0]), np.array([1.000009]))
    assert not checking.agree("image", np.array([1.0]), np.array([1.00004]))


def test_numbers_that_are_not_finite_agree_with_nothing():
    for value in (np.nan, np.inf):
        assert not checking.agree("image", np.array([value]), np.array([value]))


def test_texts_and_counts_agree_exactly():
    assert checking.agree("text", strings(b"a"), strings(b"a"))
    assert not checking.agree("text", strings(b"a"), strings(b"a\x00"))
    assert checking.agree("num_tokens", np.array([3]), np.array([3]))
    assert not checking.agree("num_tokens", np.array([3]), np.array([4]))


def test_pictures_agree_to_a_level():
    def files(level):
        return png(tf.fill([1, 2, 2, 1], level / 255)).numpy()

    assert checking.agree("image_bytes", files(100), files(101))
    assert not checking.agree("image_bytes", files(100), files(102))


def test_a_missing_output_or_row_agrees_with_nothing():
    assert not checking.agree("text", strings(b"a"), None)
    assert not checking.agree("text", None, strings(b"a"))
    assert not checking.agree("num_tokens", np.array([3]), np.array([3, 3]))


def test_what_differs_is_named(names, tmp_path):
    folder = tmp_path / "1"
    shutil.copytree(names.path, folder)
    path = folder / warmup.FILE
    logs = [
        prediction_log_pb2.PredictionLog.FromString(record)
        for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
    ]
    for log in logs:
        if log.predict_log.request.model_spec.signature_name == "score":
            log.predict_log.response.outputs["log_prob"].float_val[:] = [0.0]
            log.predict_log.response.outputs["log_prob"].tensor_content = b""
    shutil.rmtree(path.parent)
    warmup.write(folder, logs)
    assert checking.differences(str(folder)) == [
        "Loaded as in an application, score answers another log_prob.",
        "Loaded as in a server, score answers another log_prob.",
    ]
