"""Checks a SavedModel against what TensorFlow Serving asks of one, without loading it.

    python -m export --check FOLDER

reads the protocol buffer and the index of the weights, runs nothing of the model, and prints a
sentence for each finding. FOLDER is a version, such as served/names/1, or a model's folder, whose
newest version is then checked.
"""

import os
import pathlib
import re
from collections.abc import Iterator

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.framework import op_def_registry

from export.errors import ExportError

_PYTHON = {"PyFunc", "PyFuncStateless", "EagerPyFunc"}
_TABLES = {"HashTableV2", "MutableHashTableV2", "MutableDenseHashTableV2", "AnonymousHashTable"}
_INIT = "__saved_model_init_op"
_PREDICT = "tensorflow/serving/predict"
_MOST_WARMUP = 1000  # requests that the server plays


def findings(folder: str | os.PathLike) -> list[str]:
    """Lists what would keep TensorFlow Serving from loading a version or answering with it.

    Args:
        folder: a version's folder, whose name is its number.

    Returns:
        A sentence for each finding; none: nothing was found.

    Raises:
        ExportError: there is no SavedModel, or it cannot be read.
    """
    path = pathlib.Path(folder).absolute()  # the name of "." is none
    found = [] if path.name.isdecimal() else [
        f"The folder {path.name!r} is no version: the server loads folders named by a number."
    ]  # fmt: skip
    graphs = [graph for graph in saved_model(path).meta_graphs if _is_served(graph)]
    if not graphs:
        return [*found, "There is no graph with the tag 'serve': save with tf.saved_model.save."]
    (graph, *_) = graphs
    for check in (_files, _signatures, _operations, _variables, _tables, _assets):
        found.extend(check(path, graph))
    return [*found, *_warmup(path)]


def newest(folder: str | os.PathLike) -> pathlib.Path:
    """The newest version in a model's folder; a version's folder is its own.

    Raises:
        ExportError: there is neither a SavedModel nor a version.
    """
    path = pathlib.Path(folder)
    if (path / "saved_model.pb").is_file():
        return path
    versions = [each for each in path.glob("*") if each.name.isdecimal() and each.is_dir()]
    if not versions:
        raise ExportError(f"{path} holds no saved_model.pb and no version named by a number.")
    return max(versions, key=lambda each: int(each.name))


def saved_model(path: pathlib.Path) -> saved_model_pb2.SavedModel:
    """Reads the protocol buffer of a version's folder.

    Raises:
        ExportError: there is none, or it is damaged.
    """
    file = path / "saved_model.pb"
    if not file.is_file():
        raise ExportError(f"{path} holds no saved_model.pb.")
    try:
        return saved_model_pb2.SavedModel.FromString(file.read_bytes())
    except DecodeError:
        raise ExportError(f"{file} is damaged: it is no SavedModel.") from None


def _is_served(graph):
    return "serve" in graph.meta_info_def.tags


def _signatures(_, graph) -> Iterator[str]:
    """Signatures that a client can call, whose rows can be merged."""
    signatures = {k: s for k, s in graph.signature_def.items() if not k.startswith("__")}
    if not signatures:
        yield "There is no signature: pass `signatures` to tf.saved_model.save."
    elif "serving_default" not in signatures:
        yield (
            "There is no signature 'serving_default': a request has to name one of "
            f"{', '.join(sorted(signatures))}."
        )
    for key, signature in sorted(signatures.items()):
        if signature.method_name != _PREDICT:
            yield f"The signature {key!r} has the method {signature.method_name!r}, not {_PREDICT}."
        if not signature.inputs:
            yield f"The signature {key!r} takes no input: a request of rows cannot ask it."
        for kind, tensors in (("input", signature.inputs), ("output", signature.outputs)):
            for name, tensor in sorted(tensors.items()):
                yield from _tensor(f"The {kind} {name!r} of the signature {key!r}", tensor)


def _tensor(what, tensor):
    shape, dtype = tensor.tensor_shape, tf.as_dtype(tensor.dtype)
    if dtype in (tf.resource, tf.variant):
        yield f"{what} is a {dtype.name}, which no request can hold."
    if shape.unknown_rank:
        return
    if not shape.dim:
        yield f"{what} is a scalar: give it a first axis of rows, or requests cannot be merged."
    elif shape.dim[0].size != -1:
        yield f"{what} has {shape.dim[0].size} rows always: leave the size of its first axis open."


def _operations(_, graph) -> Iterator[str]:
    """Operations that the server's binary has."""
    nodes = _all_nodes(graph.graph_def)
    for op in sorted({node.op for node in nodes} & _PYTHON):
        yield (
            f"The graph calls Python ({op}): the server has none. Write it in TensorFlow instead "
            "of tf.py_function or tf.numpy_function."
        )
    functions = {function.signature.name for function in graph.graph_def.library.function}
    ops = {node.op for node in nodes} - functions - _PYTHON
    for op in sorted(op for op in ops if op_def_registry.get(op) is None):
        yield f"The operation {op} is none of TensorFlow's: the server needs a build that has it."
    compiled = sorted(
        function.signature.name
        for function in graph.graph_def.library.function
        if function.attr["_XlaMustCompile"].b
    )
    if compiled:
        yield (
            f"{len(compiled)} functions ask for XLA (jit_compile=True), such as {compiled[0]}: "
            "the server's usual build has no compiler for the CPU. Export without it."
        )
    placed = sorted({node.device for node in nodes if "GPU" in node.device or "TPU" in node.device})
    if placed:
        yield f"Operations are placed on {placed[0]}, which the server may not have."


def _variables(path, graph) -> Iterator[str]:
    """Variables that are restored before the first request."""
    nodes = {node.name: node for node in graph.graph_def.node}
    restored = _reachable(nodes, graph.saver_def.restore_op_name)
    functions = {function.signature.name: function for function in graph.graph_def.library.function}
    used = _used(graph, nodes)
    handles = {name: nodes[name] for name in nodes if nodes[name].op == "VarHandleOp"}
    # Handles of one shared name are one variable.
    names = {name: node.attr["shared_name"].s.decode() or name for name, node in handles.items()}
    assigned = {names.get(name) for name in _assigned(nodes, restored, functions)}
    for name in sorted({names[handle] for handle in names if handle in used} - assigned):
        yield (
            f"The variable {name!r} is used and was not saved: the server answers 'Could not "
            "find variable'. Make it an attribute of the module that is saved."
        )
    keys, asked = _saved_keys(path), _asked_keys(nodes, restored)
    for key in sorted(asked - keys) if keys is not None else ():
        yield f"The weights hold no {key!r}, which the graph restores."


def _tables(_, graph) -> Iterator[str]:
    """Tables that are filled before the first request."""
    nodes = {node.name: node for node in graph.graph_def.node}
    init = graph.signature_def[_INIT].outputs[_INIT].name if _INIT in graph.signature_def else ""
    filled = {
        _node_of(source)
        for name in _reachable(nodes, init)
        for source in nodes[name].input
        if not source.startswith("^")
    }
    for name in sorted(_used(graph, nodes) - filled):
        if nodes[name].op in _TABLES:
            yield (
                f"The table {name!r} is never filled: make it an attribute of the module that is "
                "saved, so that its initializer is saved too."
            )


def _assets(path, graph) -> Iterator[str]:
    for asset in graph.asset_file_def:
        if not (path / "assets" / asset.filename).is_file():
            yield f"The file assets/{asset.filename} is missing."


def _files(path, _) -> Iterator[str]:
    """All pieces of the weights, in their length."""
    index = path / "variables" / "variables.index"
    pieces = sorted(path.glob("variables/variables.data-*"))
    if pieces and not index.is_file():
        yield "variables/variables.index is missing: the weights cannot be read."
    if not pieces:
        if index.is_file():
            yield "variables/variables.data-00000-of-00001 is missing."
        return
    count = int(re.search(r"of-(\d+)$", pieces[0].name)[1])
    if len(pieces) != count:
        yield f"Of {count} files of weights, variables/variables.data-*, there are {len(pieces)}."


def _warmup(path) -> Iterator[str]:
    file = path / "assets.extra" / "tf_serving_warmup_requests"
    if not file.is_file():
        return
    try:
        count = sum(1 for _ in tf.data.TFRecordDataset(str(file)).as_numpy_iterator())
    except tf.errors.DataLossError:
        yield f"{file.relative_to(path)} is damaged: the version would not load."
        return
    if count > _MOST_WARMUP:
        yield f"There are {count} warm-up requests; the server plays at most {_MOST_WARMUP}."


def _all_nodes(graph):
    return [
        *graph.node,
        *(node for function in graph.library.function for node in function.node_def),
    ]


def _node_of(source):
    """The node of an input such as "node", "node:1" or "^node"."""
    return source.removeprefix("^").partition(":")[0]


def _reachable(nodes, end):
    """The names of the nodes that a node needs, its own among them."""
    seen, left = set(), [_node_of(end)] if end else []
    while left:
        name = left.pop()
        if name in seen or name not in nodes:
            continue
        seen.add(name)
        left.extend(map(_node_of, nodes[name].input))
    return seen


def _used(graph, nodes):
    """The names of the nodes that answers to requests need."""
    signatures = (s for key, s in graph.signature_def.items() if not key.startswith("__"))
    outputs = [output.name for each in signatures for output in each.outputs.values()]
    return set().union(*(_reachable(nodes, output) for output in outputs))


def _assigned(nodes, names, functions):
    """The names of the variables that these nodes assign, themselves or in a function."""
    found = set()
    for name in names:
        node = nodes[name]
        if node.op == "AssignVariableOp":
            found.add(_node_of(node.input[0]))
        elif (function := functions.get(node.attr["f"].func.name)) is not None:
            arguments = [argument.name for argument in function.signature.input_arg]
            inner = {_node_of(n.input[0]) for n in function.node_def if n.op == "AssignVariableOp"}
            pairs = zip(arguments, node.input, strict=False)
            found |= {_node_of(source) for argument, source in pairs if argument in inner}
    return found


def _asked_keys(nodes, names):
    """The keys that RestoreV2 reads."""
    keys = set()
    for name in names:
        if nodes[name].op == "RestoreV2":
            constant = nodes.get(_node_of(nodes[name].input[1]))
            if constant is not None and constant.op == "Const":
                names_read = tf.make_ndarray(constant.attr["value"].tensor)
                keys |= {key.decode() for key in names_read.ravel()}
    return {key for key in keys if not key.startswith("_CHECKPOINTABLE")}


def _saved_keys(path):
    """The keys of the weights' index; None where there are no weights."""
    prefix = path / "variables" / "variables"
    if not prefix.with_suffix(".index").is_file():
        return None
    try:
        return set(tf.train.load_checkpoint(str(prefix)).get_variable_to_shape_map())
    except (tf.errors.OpError, ValueError, RuntimeError):
        return set()


def main(folder: str) -> int:
    """Prints the findings; the status is 1 where there are some.

    Args:
        folder: of a version, or of a model, whose newest version is then checked.

    Raises:
        ExportError: there is no SavedModel, or it cannot be read.
    """
    path = newest(pathlib.Path(folder).expanduser())
    found = findings(path)
    for sentence in found:
        print(sentence)
    print(f"{path}: {len(found) or 'nothing'} found.")
    return int(bool(found))
