"""Temperature sampling, from a sharpened or flattened distribution."""

from collections.abc import Callable

from zoo.samplers.base import temperature_limits


def build(*, temperature: float = 1.0) -> Callable:
    """Temperature sampling: draws from softmax(logits / temperature).

    Args:
        temperature: 0 for the most likely token, else at least 1e-6: below 1 sharpens, above
            1 flattens.

    Returns:
        A function on logits [batch, size].

    Raises:
        SpecError: temperature is neither 0 nor finite and at least 1e-6.
    """
    temperature_limits.check(temperature, "temperature")
    return lambda logits: temperature_limits.divided(logits, temperature)
