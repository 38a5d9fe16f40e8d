"""Schedules of ε, the probability that a real token is kept, over training.

Each function takes the numbers of the schedule that it is named by, raises SpecError where ε would
leave [0, 1] or a number means nothing, and returns ε as a function of the training step i, a
float64 tensor [].
"""

import math

import tensorflow as tf

from zoo.errors import require


def constant(*, keep_probability: float):
    """ε = keep_probability."""
    require(
        0 <= keep_probability <= 1,
        "scheduled_sampling: schedule='constant' takes 0 <= keep_probability <= 1; "
        f"received {keep_probability=}.",
    )
    return lambda i: tf.constant(keep_probability, i.dtype)


def linear(*, decrease: float, keep_probability: float = 1.0, minimum: float = 0.0):
    """ε = max(minimum, keep_probability - decrease i)."""
    require(
        0 <= minimum <= keep_probability <= 1 and 0 < decrease <= 1,
        "scheduled_sampling: schedule='linear' takes 0 <= minimum <= keep_probability <= 1 and "
        f"0 < decrease <= 1; received {decrease=}, {keep_probability=}, {minimum=}.",
    )
    return lambda i: tf.maximum(keep_probability - decrease * i, minimum)


def exponential(*, k: float, minimum: float = 0.0):
    """ε = max(minimum, k^i)."""
    require(
        0 < k < 1 and 0 <= minimum <= 1,
        "scheduled_sampling: schedule='exponential' takes 0 < k < 1 and 0 <= minimum <= 1; "
        f"received {k=}, {minimum=}.",
    )
    return lambda i: tf.maximum(k**i, minimum)


def inverse_sigmoid(*, k: float, minimum: float = 0.0):
    """ε = max(minimum, k / (k + exp(i / k)))."""
    require(
        1 <= k < math.inf and 0 <= minimum <= 1,
        "scheduled_sampling: schedule='inverse_sigmoid' takes a finite k >= 1 and "
        f"0 <= minimum <= 1; received {k=}, {minimum=}.",
    )
    # The same as in the docstring, by an exponential that cannot overflow.
    return lambda i: tf.maximum(tf.sigmoid(math.log(k) - i / k), minimum)


SCHEDULES = {
    function.__name__: function for function in (constant, linear, exponential, inverse_sigmoid)
}
