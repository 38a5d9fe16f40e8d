"""Operations by formula against those that TensorFlow's profiler counts in the traced graph."""

import pytest
import tensorflow as tf
from tensorflow.python.framework import ops

CALLS = {"StatefulPartitionedCall": "f", "PartitionedCall": "f"}
LOOPS = {"While": "body", "StatelessWhile": "body"}
PRODUCTS = {"MatMul", "BatchMatMulV2", "Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter"}


def needed(graph):
    """The operations that results or updates of variables depend on; others are pruned."""
    waiting = [tensor.op for tensor in graph.outputs]
    waiting += [each for each in graph.get_operations() if each.type.startswith("Assign")]
    found = set()
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += [*(tensor.op for tensor in each.inputs), *each.control_inputs]
    return found


def count(graph, length):
    """What the profiler counts of products, loops run `length` times."""
    total = 0
    for each in needed(graph):
        if each.type in CALLS | LOOPS:
            inner = graph._get_function(each.get_attr((CALLS | LOOPS)[each.type]).name)
            times = length if each.type in LOOPS else 1
            total += times * count(inner.graph, length)
        elif each.type in PRODUCTS:
            total += ops.get_stats_for_node_def(graph, each.node_def, "flops").value
    return total


@pytest.fixture
def traced(monkeypatch):
    """The functions that are made while it is in use, by the latest last."""
    made, function = [], tf.function

    def spy(*arguments, **settings):
        result = function(*arguments, **settings)
        made.append(result)
        return result

    monkeypatch.setattr(tf, "function", spy)
    return made


SEQUENCES = [
    ("lstm", "maximum likelihood"),
    ("lstm", "sampling"),
    ("gru", "scheduled sampling"),
    ("transformer", "scheduled sampling"),
    ("transformer", "scheduled sampling, token by token"),
    ("transformer", "sampling"),
]


@pytest.mark.parametrize(("kind", "work"), SEQUENCES)
def test_sequences(load, traced, kind, work):
    case = load("autoregressive").Case(kind, 8, 2, vocabulary_size=7, length=5, batch=3)
    zoo = load("autoregressive_zoo")
    objective = zoo.EXACT if work.endswith("token") else zoo.OBJECTIVES.get(work)
    _ = zoo._step(case, objective, False) if objective else zoo._sampling(case, False)
    step = traced[-1]
    given = tf.zeros([3, 5], tf.int32) if objective else tf.range(3, dtype=tf.int64)
    graph = step.get_concrete_function((given,) if objective else given).graph
    assert count(graph, case.length) == load("flops").count(case, work)


@pytest.mark.parametrize("r1", [0.0, 0.1])
def test_pairs(load, traced, r1):
    case = load("adversarial").Case(4, latent_size=6, batch=2, r1=r1)
    load("adversarial_zoo")._step(case)
    (step,) = [each for each in traced if "train_step" in each.__name__]
    graph = step.get_concrete_function((tf.zeros([2, 28, 28, 1]),)).graph
    assert count(graph, 1) == load("flops").count(case, "step")


def test_a_product_of_matrices_has_an_addition_for_each_multiplication(load):
    assert load("flops").count(None, "matrix product") == 2 * 2048 * 2048 * 2048
