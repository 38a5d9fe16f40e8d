"""Floating-point operations of the timed tasks: multiplications and additions of their products.

They are those that the zoo's graph holds (`tests/benchmarks/test_flops.py` counts them there).
"""

from benchmarks.adversarial import Case as Pair
from benchmarks.autoregressive import Case as Sequences

PRODUCT = "matrix product"  # the task that other tasks are compared with
PRODUCT_SIZE = 2048  # rows and columns
_GATES = {"lstm": 4, "gru": 3}


def count(case: Sequences | Pair, work: str) -> int:
    """Counts the operations of one call.

    Args:
        case: sizes.
        work: the task's name, without the library's.
    """
    if work == PRODUCT:
        return 2 * PRODUCT_SIZE**3
    if isinstance(case, Pair):
        return _adversarial_step(case)
    forward = _forward(case)
    if work == "sampling":
        return forward
    step = 3 * forward  # the result, and the gradients of its two factors
    if not work.startswith("scheduled sampling"):
        return step
    # What is drawn from has no gradient: a pass of its own, or the loop's logits.
    return step + (forward if case.kind == "transformer" else _logits(case))


def _forward(case):
    """All layers, for all tokens of a batch."""
    units, layers = case.units, case.layers
    if case.kind == "transformer":
        of_token = layers * (24 * units**2 + 4 * case.length * units)
        table = 0
    else:
        gates = _GATES[case.kind] * units
        of_token = 2 * units * gates * (2 * layers - 1)
        # Inputs of the first layer are known before the loop: one product for each token there is.
        table = 2 * (case.vocabulary_size + 1) * units * gates
    return case.batch * case.length * of_token + table + _logits(case)


def _logits(case):
    """The output layer alone."""
    return case.batch * case.length * 2 * case.units * case.vocabulary_size


def _adversarial_step(case):
    """An update of the discriminator and one of the generator, each with fresh samples."""
    width = case.width
    dense = 2 * case.latent_size * 98 * width
    generator = dense + 2 * 49 * 16 * 2 * width**2 + 2 * 196 * 16 * width
    first, last = 2 * 196 * 16 * width, 2 * 98 * width
    discriminator = first + 2 * 49 * 16 * 2 * width**2 + last
    # Of images and samples: logits, gradients of weights and, but in the first layer, of inputs.
    learns = generator + 2 * (3 * discriminator - first)
    # Samples, their logits, gradients of inputs, and of the generator's weights.
    follows = generator + 2 * discriminator + 2 * generator - dense
    # Features of the images, their gradient, and for its gradient both directions once more.
    penalty = (4 * discriminator - 2 * last) if case.r1 else 0
    return case.batch * (learns + follows + penalty)
