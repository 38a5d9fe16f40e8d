"""Times sampling of one batch with and without XLA, and counts the tokens that differ.

python benchmarks/sampling_with_xla.py
"""

import time

import keras
import numpy as np
import tensorflow as tf

from zoo import spec
from zoo.models.base.sequence_model import SequenceModel

ROWS = 250
ROUNDS = 3
CASES = [
    ("mnist_5k(binary=True)", "transformer(units=128, layers=4, heads=4, patch=[2, 4])"),
    ("mnist_5k(binary=True)", "lstm(units=256, layers=2, patch=[2, 4])"),
    ("surnames", "lstm(units=128)"),
    ("mnist_5k(binary=True)", "pixel_cnn(width=32, layers=7)"),
]


def timed(model: SequenceModel, jit_compile: bool) -> tuple[float, float, np.ndarray]:
    """Times repeated sampling of a batch.

    Returns:
        The seconds of the first batch, the median of the later ones, and the tokens.
    """
    seeds, sampler = tf.range(ROWS, dtype=tf.int64), spec.build("samplers", "ancestral()")
    seconds = []
    for _ in range(1 + ROUNDS):
        start = time.perf_counter()
        tokens = model.generate(seeds, sampler, jit_compile=jit_compile).tokens.numpy()
        seconds.append(time.perf_counter() - start)
    return seconds[0], float(np.median(seconds[1:])), tokens


def main() -> None:
    """Prints a row per case."""
    print("| model | first batch | with XLA | each later batch | with XLA | tokens that differ |")
    print("|---|---|---|---|---|---|")
    for data, text in CASES:
        keras.utils.set_random_seed(0)
        model = spec.build("models", text, spec.build("data", data, None).domain)
        first, later, tokens = timed(model, False)
        first_xla, later_xla, tokens_xla = timed(model, True)
        print(
            f"| {text}, {data} | {first:.1f} s | {first_xla:.1f} s | {later:.2f} s "
            f"| {later_xla:.2f} s | {np.mean(tokens != tokens_xla):.2%} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
