"""Each fault that TensorFlow Serving trips over is found in the files, and none in good ones."""

import pathlib
import re
import shutil

import keras
import pytest
import tensorflow as tf

from export import static_check
from export.errors import ExportError

FIXTURES = pathlib.Path(__file__).parents[1] / "fixtures" / "exports"
ROWS = [tf.TensorSpec([None], tf.float32, "x")]


class Doubled(tf.Module):
    """One signature from one function."""

    def __init__(self, function, signature=ROWS, **attributes):
        super().__init__()
        for name, value in attributes.items():
            setattr(self, name, value)
        self.served = tf.function(function, input_signature=signature)


def saved(path, function, signature=ROWS, **attributes):
    module = Doubled(function, signature, **attributes)
    tf.saved_model.save(module, str(path), signatures=module.served)
    return path


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    scale = tf.Variable(2.0)
    path = tmp_path_factory.mktemp("good") / "1"
    return saved(path, lambda x: {"y": scale * x}, scale=scale)


@pytest.mark.parametrize("name", sorted(path.name for path in FIXTURES.iterdir()))
def test_nothing_is_found_in_exports_of_this_package(name):
    assert static_check.findings(static_check.newest(FIXTURES / name)) == []


def test_nothing_is_found_in_a_good_module_and_in_a_keras_export(good, tmp_path):
    assert static_check.findings(good) == []
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.export(str(tmp_path / "7"), verbose=False)
    assert static_check.findings(tmp_path / "7") == []


def found(path):
    (sentence,) = static_check.findings(path)
    return sentence


def test_python_in_the_graph_is_found(tmp_path):
    path = saved(tmp_path / "1", lambda x: {"y": tf.py_function(lambda a: a, [x], tf.float32)})
    assert "calls Python (EagerPyFunc)" in found(path)


def test_compiled_functions_are_found(tmp_path):
    compiled = tf.function(lambda x: 2 * x, jit_compile=True)
    assert "1 functions ask for XLA" in found(saved(tmp_path / "1", lambda x: {"y": compiled(x)}))


def test_a_scalar_input_and_a_fixed_number_of_rows_are_found(tmp_path):
    scalar = [tf.TensorSpec([], tf.float32, "x")]
    path = saved(tmp_path / "1", lambda x: {"y": tf.fill([tf.cast(x, tf.int32)], x)}, scalar)
    assert "The input 'x' of the signature 'serving_default' is a scalar" in found(path)
    fixed = [tf.TensorSpec([3], tf.float32, "x")]
    sentences = static_check.findings(saved(tmp_path / "2", lambda x: {"y": x}, fixed))
    assert ["has 3 rows always" in sentence for sentence in sentences] == [True, True]


def edited(good, path, edit):
    """A copy of a version whose protocol buffer was changed."""
    shutil.copytree(good, path)
    content = static_check.saved_model(path)
    edit(content.meta_graphs[0])
    (path / "saved_model.pb").write_bytes(content.SerializeToString())
    return path


def test_the_variables_of_a_keras_model_within_a_module_are_found(tmp_path):
    """The server loads such a version, and then answers "Could not find variable"."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    rows = [tf.TensorSpec([None, 3], tf.float32, "x")]
    path = saved(tmp_path / "1", lambda x: {"y": model(x)}, rows, model=model)
    sentences = static_check.findings(path)
    assert len(sentences) == 2
    for sentence, name in zip(sentences, ("bias", "kernel"), strict=True):
        assert re.search(rf"dense(_\d+)?/{name}' is used and was not saved", sentence)


def test_a_table_that_is_not_filled_is_found(tmp_path):
    pairs = tf.lookup.KeyValueTensorInitializer(["a"], [1])
    table = tf.lookup.StaticHashTable(pairs, 0)
    text = [tf.TensorSpec([None], tf.string, "x")]
    path = saved(tmp_path / "1", lambda x: {"y": table.lookup(x)}, text, table=table)
    assert static_check.findings(path) == []

    def forget(graph):
        del graph.signature_def["__saved_model_init_op"]

    assert "is never filled" in found(edited(path, tmp_path / "2", forget))


def test_an_unknown_operation_is_found(good, tmp_path):
    def add(graph):
        graph.graph_def.node.add(name="own", op="ZooOwnOperation")

    path = edited(good, tmp_path / "1", add)
    assert "The operation ZooOwnOperation is none of TensorFlow's" in found(path)


def test_missing_weights_and_names_that_are_no_versions_are_found(good, tmp_path):
    shutil.copytree(good, tmp_path / "1")
    (tmp_path / "1" / "variables" / "variables.data-00000-of-00001").unlink()
    assert "variables.data-00000-of-00001 is missing" in found(tmp_path / "1")
    shutil.copytree(good, tmp_path / "newest")
    assert "is no version" in found(tmp_path / "newest")


def test_the_folder_may_be_the_one_a_process_is_in(good, monkeypatch):
    monkeypatch.chdir(good)
    assert static_check.findings(".") == []


def test_no_saved_model_is_an_error(tmp_path):
    with pytest.raises(ExportError, match="no version named by a number"):
        static_check.newest(tmp_path)
    (tmp_path / "saved_model.pb").write_bytes(b"nonsense")
    with pytest.raises(ExportError, match="is damaged"):
        static_check.findings(tmp_path)


def test_the_command_prints_what_is_found(good, programs, tmp_path):
    shutil.copytree(good, tmp_path / "other")
    for folder, status in ((good, 0), (tmp_path / "other", 1)):
        done = programs.run("-m", "export", "--check", str(folder))
        assert done.returncode == status, done.stderr
        assert done.stdout.endswith("nothing found.\n" if status == 0 else "1 found.\n")
