"""Forms for other runtimes: numbers in, numbers out, and the answers of the run."""

import json
import pathlib
import stat
import sys

import numpy as np
import pytest
import tensorflow as tf

import export
from export import converting, forms, text_signatures
from export.errors import ExportError
from export.ratio_estimator import RatioEstimator
from export.versions import versions
from zoo import spec
from zoo.models.layers.one_hot import one_hot

PLAIN = {tf.float32, tf.int32, tf.bool}  # int64 is wrong in browsers where it is above 2³¹


def ask(signature, **inputs):
    """The answer of a signature, as arrays."""
    tensors = {key: tf.constant(rows, signature.inputs[key][0]) for key, rows in inputs.items()}
    return {key: rows.numpy() for key, rows in signature.served(tensors).items()}


def nodes(signature):
    """All operations of a signature, those of its functions too, after constants are folded."""
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    function = convert_variables_to_constants_v2(signature.served.get_concrete_function())
    graph = function.graph.as_graph_def()
    inner = [node for each in graph.library.function for node in each.node_def]
    return [*graph.node, *inner]


@pytest.fixture(scope="module", params=["names_run", "digits_run", "bits_run"])
def run(request):
    """A model of texts, a pair of image networks, an autoregressive model of images."""
    return request.getfixturevalue(request.param)


def test_no_strings_no_tables_and_no_draws(run):
    for name, signature in forms.build(run).signatures.items():
        for dtype, _ in signature.inputs.values():
            assert dtype in PLAIN
        for node in nodes(signature):
            kinds = {
                value.type for value in node.attr.values() if value.WhichOneof("value") == "type"
            }
            assert tf.string.as_datatype_enum not in kinds, (name, node.name)
            for word in ("HashTable", "Random", "PyFunc", "String"):
                assert word not in node.op, (name, node.name)


def test_the_score_of_tokens_is_that_of_the_text(names_run):
    model = names_run.generator
    texts = ["Mac", "", "O'Brien", "Smith"]
    served = text_signatures.build(model).signatures["score"]
    expected = ask(served, text=texts)
    encoded = model.domain.vocabulary.encode(texts).to_list()
    rows = np.full([4, model.domain.length], model.domain.vocabulary.end)
    for row, tokens in zip(rows, encoded, strict=True):
        row[: len(tokens)] = tokens
    found = forms.build(names_run).signatures
    inputs = {"tokens": rows, "num_tokens": expected["num_tokens"]}
    answer = ask(found["score"], **inputs)
    np.testing.assert_allclose(answer["log_prob"], expected["log_prob"], rtol=1e-5)
    read = np.insert(rows, 0, model.domain.vocabulary.start, axis=1)[:, :-1]
    logits = ask(found["logits"], tokens=read)["logits"]
    np.testing.assert_allclose(logits, model.network(tf.constant(read, tf.int32)), atol=1e-5)


def test_the_score_of_images_is_their_log_prob_and_0_where_there_is_none(bits_run):
    batch, labels = bits_run.dataset.validation.labelled_batch(0, 4, seed=0)
    images, labels = batch.numpy(), labels.numpy()
    expected = bits_run.generator.log_prob(images, labels).numpy()
    images[1, 3, 3], labels[2] = 0.5, 10
    expected[[1, 2]] = 0
    score = forms.build(bits_run).signatures["score"]
    answer = ask(score, image=images, label=labels)
    assert answer.keys() == {"log_prob"}
    np.testing.assert_allclose(answer["log_prob"], expected, rtol=1e-5)


def test_the_ratio_of_tokens_is_that_of_the_text(letters):
    pair = spec.build("models", "text_gan(generator='lstm(units=4, layers=1)', width=4)", letters)
    estimator = RatioEstimator(pair.discriminator, lambda logits: 2 * logits)
    served = text_signatures.build(pair.generator, estimator=estimator)
    expected = ask(served.signatures["log_density_ratio"], text=["ab", "", "cab"])
    signature = forms.of_texts(pair.generator, 4, estimator).signatures["log_density_ratio"]
    found = {node.name: node for node in nodes(signature)}
    for node in found.values():  # what TensorFlow.js computes wrongly
        assert node.op != "EnsureShape"
        assert node.attr["batch_dims"].i == 0
        if node.op == "Cumsum":
            axis = found[node.input[1]].attr["value"].tensor
            assert tf.make_ndarray(axis) >= 0
    tokens, end = np.array([[2, 3, 1, 0], [1, 0, 3, 2], [4, 2, 3, 1]]), 1
    answer = ask(signature, tokens=tokens, num_tokens=[3, 1, 4])["log_density_ratio"]
    assert end == letters.vocabulary.end
    assert len(set(answer)) == 3
    np.testing.assert_allclose(answer, expected["log_density_ratio"], rtol=1e-5)


def test_a_classes_vector_is_one_hot():
    labels = tf.constant([2, 0, -1, 3], tf.int64)
    np.testing.assert_array_equal(one_hot(labels, 3, tf.float32), tf.one_hot(labels, 3))


def test_a_saved_model_stands_beside_the_versions_and_is_replaced(names_run, tmp_path):
    for _ in range(2):
        form = export.export_form(names_run, tmp_path, "names", "saved_model", length=6)
    assert form.path == tmp_path / "names/forms/saved_model"
    assert [path.name for path in form.path.parent.iterdir()] == ["saved_model"]
    assert versions(tmp_path / "names") == []
    assert form.refused == {}
    assert max(form.differences.values()) <= 1e-6
    described = json.loads((form.path / "metadata.json").read_text())
    assert described["tokens"] == list(names_run.domain.vocabulary.tokens)
    assert described["signatures"]["logits"]["inputs"]["tokens"]["shape"] == [None, 6]
    loaded = tf.saved_model.load(str(form.path)).signatures
    with np.load(form.path / "examples.npz") as examples:
        tokens, expected = examples["logits/tokens"], examples["logits/logits"]
    answer = loaded["logits"](tokens=tf.constant(tokens))["logits"]
    np.testing.assert_allclose(answer, expected, atol=1e-5)


# Stands for a converter that ends with 0 and has written a model that answers 0.
_SILENTLY_WRONG = f"""#!{sys.executable}
import pathlib, sys
import numpy as np
name, place = sys.argv[4], pathlib.Path(sys.argv[6])
(place / f"{{name}}.onnx").write_bytes(b"model")
np.savez(place / "answers.npz", logits=np.zeros([4, 6, 54], "f"), log_prob=np.zeros(4, "f"))
"""
_CRASHES = f"""#!{sys.executable}
raise NotImplementedError("there is no operation MatMul")
"""


@pytest.mark.parametrize(
    ("program", "reason"),
    [(_SILENTLY_WRONG, "answers otherwise than the run"), (_CRASHES, "no operation MatMul")],
    ids=["silently wrong", "crashes"],
)
def test_a_wrong_conversion_is_refused_and_leaves_what_was_there(
    names_run, tmp_path, program, reason
):
    before = tmp_path / "names/forms/onnx/logits.onnx"
    before.parent.mkdir(parents=True)
    before.write_bytes(b"before")
    python = tmp_path / "python"
    python.write_text(program)
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    with pytest.raises(ExportError, match=reason):
        export.export_form(names_run, tmp_path, "names", "onnx", length=6, python=str(python))
    assert [str(path.name) for path in before.parent.parent.rglob("*")] == ["onnx", "logits.onnx"]
    assert before.read_bytes() == b"before"


def test_differences():
    numbers = {"a": np.array([1.0, -200.0])}
    assert converting.difference(numbers, numbers) == 0
    near = converting.difference(numbers, {"a": np.array([1.0, -201.0])})
    assert near == pytest.approx(1 / 200)
    for other in ({}, {"b": numbers["a"]}, {"a": np.ones(3)}, {"a": np.array([1, np.nan])}):
        assert converting.difference(numbers, other) == np.inf


@pytest.mark.parametrize("form", ["onnx", "litert", "tfjs"])
def test_a_runtime_answers_as_the_run_does(run, form, converters, tmp_path):
    python = str(converters / form / "bin/python")
    written = export.export_form(run, tmp_path, "model", form, python=python)
    assert written.refused == {}
    assert written.differences.keys() == forms.build(run).signatures.keys()
    described = json.loads((written.path / "metadata.json").read_text())
    for signature in described["signatures"].values():
        assert pathlib.Path(written.path, signature["file"]).stat().st_size > 100


@pytest.mark.parametrize("form", ["onnx", "litert", "tfjs"])
def test_a_runtime_scores_texts_as_the_discriminator_does(converters, form, tiny_run, tmp_path):
    model = "text_gan(generator='lstm(units=4, layers=1)', width=4)"
    run = tiny_run(data="surnames", model=model, objective="generalised_js", steps=1)
    python = str(converters / form / "bin/python")
    written = export.export_form(run, tmp_path, "model", form, python=python)
    assert written.refused == {}
    assert set(written.differences) == {"logits", "score", "log_density_ratio"}
