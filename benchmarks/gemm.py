"""Products of large matrices: the most that TensorFlow gets out of the processor."""

from collections.abc import Callable

import tensorflow as tf

from benchmarks.flops import PRODUCT, PRODUCT_SIZE


def works(**sides: str) -> dict[str, Callable[[], object]]:
    """Timed functions, by name: a product of square matrices for each side's type of numbers."""
    return {f"{side}: {PRODUCT}": _product(dtype) for side, dtype in sides.items()}


def _product(dtype):
    factor = tf.cast(tf.random.stateless_normal([PRODUCT_SIZE, PRODUCT_SIZE], [0, 1]), dtype)
    product = tf.function(lambda: tf.reduce_sum(tf.matmul(factor, factor)))
    return lambda: product().numpy()
