"""π, the weight of the data: a constant or a linear schedule."""

import tensorflow as tf
from keras import ops

from zoo.errors import require


def checked(objective: str, pi: float | tf.Tensor, pi_steps: int) -> tuple[float, float]:
    """π at the first step and at the end of its schedule, the same where it is a constant.

    Args:
        objective: whose argument it is.
        pi: a number, or [first, last].
        pi_steps: the number of steps from first to last; 0 for a number.

    Raises:
        SpecError: π outside (0, 1), or a schedule that is incomplete or cannot be.
    """
    scheduled = isinstance(pi, (list, tuple))
    ends = tuple(pi) if scheduled else (pi, pi)
    require(
        len(ends) == 2 and pi_steps >= 0 and scheduled == (pi_steps > 0),
        f"{objective}: pi={pi!r} with pi_steps={pi_steps} is neither a constant, such as "
        "pi=0.5, nor a schedule, such as pi=[0.1, 0.9], pi_steps=20000.",
    )
    # A linear schedule stays between its ends.
    require(
        all(0 < end < 1 for end in ends),
        f"{objective}: pi={pi!r} should lie between 0 and 1, both excluded; the limit "
        "pi -> 0 is KL[P‖Q], which the objective maximum_likelihood minimises, and the limit "
        "pi -> 1 is KL[Q‖P], which generalised_js with generator_loss='reverse_kl' minimises.",
    )
    return ends


def at(ends: tuple[float, float], pi_steps: int, step: int | tf.Tensor):
    """π at a training step, an integer or an integer tensor []: a float64 tensor []."""
    first, last = (ops.convert_to_tensor(pi, "float64") for pi in ends)
    if pi_steps == 0:
        return last
    moved = ops.minimum(ops.cast(step, "float64") / pi_steps, 1)
    return (1 - moved) * first + moved * last
