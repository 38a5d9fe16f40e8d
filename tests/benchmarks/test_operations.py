"""Shares of operations: times of their own, and those of a task."""

import tensorflow as tf

from benchmarks import operations


def test_time_within_another_event_is_not_its_own():
    """Of 0 to 10 the events from 1 to 4 and 5 to 9 are not, and of the first not that to 3."""
    events = [(0, 10, "a"), (1, 4, "b"), (2, 3, "c"), (5, 9, "b"), (10, 12, "a")]
    assert operations.own_times(reversed(events)) == {"a": 10 - 7 + 2, "b": 2 + 4, "c": 1}


def test_kinds_are_types_or_names_without_numbers():
    kinds = {
        "layer/dot:MatMul": "MatMul",
        "while/body.1/add:AddV2": "AddV2",
        "fusion.12.3": "fusion",
        "ExecutorState::Process": "ExecutorState::Process",
    }
    assert {name: operations.kind(name) for name in kinds} == kinds


def test_a_large_product_takes_most_of_a_task():
    factor = tf.random.stateless_normal([500, 500], [0, 1])
    product = tf.function(lambda: tf.reduce_sum(tf.matmul(factor, factor)))
    times = operations.profiled(lambda: product().numpy(), calls=5)
    ((largest, _),) = times.most_common(1)
    assert "MatMul" in largest
    assert operations.table(times).splitlines()[2].startswith(f"| `{largest}` | ")
