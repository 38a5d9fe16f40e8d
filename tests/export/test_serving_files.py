"""The files beside the versions, and the warm-up requests within one."""

import json
import re
import shlex
import types

import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_serving.apis import prediction_log_pb2
from tensorflow_serving.config import model_server_config_pb2

from export import checking, kit, serving_files, warmup
from export.batching import Batching
from export.errors import ExportError


@pytest.fixture(scope="module", params=["names", "digits"])
def exported(request):
    """The text model, then the image model."""
    return request.getfixturevalue(request.param)


def test_models_config_is_one_of_the_server(exported):
    text = (exported.path.parent / "models.config").read_text()
    parsed = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    (model,) = parsed.model_config_list.config
    name = exported.path.parent.name
    assert (model.name, model.base_path) == (name, f"/models/{name}")
    assert model.model_platform == "tensorflow"


def test_batching_config_names_what_the_server_knows(exported):
    text = (exported.path.parent / "batching.config").read_text()
    lines = [line for line in text.splitlines() if line]
    settings = [line for line in lines if not line.startswith("#")]
    for setting in settings:  # each is explained
        assert lines[lines.index(setting) - 1].startswith("# ")
    found = dict(re.fullmatch(r"(\w+) \{ value: (\w+) \}", line).groups() for line in settings)
    # The fields of tensorflow.serving.BatchingParameters, which no package has.
    assert found == {
        "max_batch_size": "20000",
        "enable_large_batch_splitting": "true",
        "max_execution_batch_size": "256",
        "batch_timeout_micros": "500",
        "num_batch_threads": "2",
        "max_enqueued_batches": "1000",
    }


def test_the_server_is_given_threads_for_many_clients(exported):
    text = (exported.path.parent / "README.md").read_text()
    command = re.search(r"^docker run .*?[^\\]$", text, re.MULTILINE | re.DOTALL)[0]
    words = shlex.split(command.replace("\\\n", " "))
    assert words[words.index(kit.IMAGE) + 1 :] == kit.server_flags(
        f"/models/{exported.path.parent.name}"
    )
    assert {"--rest_api_num_threads=64", "--grpc_max_threads=256"} <= set(words)
    assert [word for word in words if re.fullmatch(r"[\d.:]+", word)] == [
        "127.0.0.1:8500:8500",
        "127.0.0.1:8501:8501",
    ]


def test_the_readme_tells_of_the_server_s_faults_and_their_remedies(exported):
    text = " ".join((exported.path.parent / "README.md").read_text().split())
    assert "Never send a request of no rows" in text
    assert "or start the server anew" in text
    assert "RESOURCE_EXHAUSTED" in text
    assert "16 to 64 KB takes about 48 ms longer" in text


def test_the_readme_tells_the_size_of_answers(exported):
    text = (exported.path.parent / "README.md").read_text()
    told = {}
    for key, section in re.findall(r"^## (\w+)$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL):
        if size := re.search(r"A row's answer is ([\d,]+) bytes", section):
            told[key] = int(size[1].replace(",", ""))
    # The numbers of the recorded answers, which the server sends as they are.
    path, found = str(exported.path / warmup.FILE), {}
    for record in tf.data.TFRecordDataset(path).as_numpy_iterator():
        log = prediction_log_pb2.PredictionLog.FromString(record).predict_log
        answer = [tf.make_ndarray(proto) for proto in log.response.outputs.values()]
        size = sum(rows.nbytes // len(rows) for rows in answer if rows.dtype != object)
        found[log.request.model_spec.signature_name] = size
    assert set(told) == {
        key for key in found if found[key] >= 1000 and key not in ("logits", "serving_default")
    }
    assert told == {key: found[key] for key in told}
    assert told


def test_what_was_edited_stays(exported, tmp_path):
    model = types.SimpleNamespace(signatures=exported.signatures)
    assert serving_files.write(tmp_path, "model", model) == []
    (tmp_path / "batching.config").write_text("# mine\n")
    (tmp_path / "README.md").unlink()
    few = Batching(max_execution_batch_size=8)
    assert serving_files.write(tmp_path, "model", model, few) == ["batching.config"]
    assert (tmp_path / "batching.config").read_text() == "# mine\n"
    assert (tmp_path / "README.md").is_file()
    (tmp_path / "batching.config").unlink()
    assert serving_files.write(tmp_path, "model", model, few) == []
    assert "max_execution_batch_size { value: 8 }" in (tmp_path / "batching.config").read_text()
    # Another export keeps the numbers unless it is given others.
    assert serving_files.write(tmp_path, "model", model) == []
    assert "max_execution_batch_size { value: 8 }" in (tmp_path / "batching.config").read_text()
    assert serving_files.write(tmp_path, "model", model, Batching()) == []
    assert "max_execution_batch_size { value: 256 }" in (tmp_path / "batching.config").read_text()


@pytest.mark.parametrize(
    ("name", "value"), [("num_batch_threads", 0), ("batch_timeout_micros", -1)]
)
def test_batching_that_cannot_be_is_refused(name, value):
    with pytest.raises(ExportError, match=f"{name}={value} should be at least"):
        Batching(**{name: value})
    with pytest.raises(ExportError, match="is more than max_batch_size=8"):
        Batching(max_batch_size=8)


def test_the_requests_of_the_readme_are_answered(exported):
    text = (exported.path.parent / "README.md").read_text()
    call = checking.for_application(str(exported.path))
    answered = set()
    for request in re.findall(r" -d ('.*?')", text):
        asked = json.loads(shlex.split(request)[0])
        (row,) = asked["instances"]
        inputs = exported.signatures[asked["signature_name"]].inputs
        answer = call(
            asked["signature_name"],
            {key: tf.constant([value], inputs[key][0]).numpy() for key, value in row.items()},
        )
        assert "error" not in answer or answer["error"][0] == b""
        answered.add(asked["signature_name"])
    assert answered >= {"generate"}


def test_the_readme_tells_of_every_signature_and_how_to_serve(exported):
    folder = exported.path.parent
    text = (folder / "README.md").read_text()
    for name, signature in exported.signatures.items():
        if name != "serving_default":
            assert f"## {name}\n" in text
        assert all(f"`{key}`" in text for key in signature.inputs)
    assert f"-v {folder}:/models/{folder.name} {kit.IMAGE} " in text


def test_every_signature_is_warmed_up(exported):
    path = str(exported.path / "assets.extra" / "tf_serving_warmup_requests")
    assert path == str(exported.path / warmup.FILE)
    call, warmed = checking.for_serving(str(exported.path)), []
    for record in tf.data.TFRecordDataset(path).as_numpy_iterator():
        log = prediction_log_pb2.PredictionLog.FromString(record)
        assert log.WhichOneof("log_type") == "predict_log"
        request = log.predict_log.request
        assert request.model_spec.name == exported.path.parent.name
        name = request.model_spec.signature_name
        call(name, {key: tf.make_ndarray(proto) for key, proto in request.inputs.items()})
        warmed.append(name)
    assert sorted(warmed) == sorted(exported.signatures)
