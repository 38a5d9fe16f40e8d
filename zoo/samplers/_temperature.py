"""The one rule of temperatures, for samplers, estimators and served rows."""

import math

from zoo.errors import require
from zoo.samplers.greedy import keep_most_likely

# Below it logits divided by the temperature may leave the range of float32.
LEAST = 1e-6


def check(temperature: float, name: str) -> None:
    """Raises SpecError unless the temperature is 0 (greedy), or finite and at least 1e-6."""
    require(
        temperature == 0 or LEAST <= temperature < math.inf,
        f"{name}: temperature={temperature} should be 0 (the most likely token), or a finite "
        f"number of at least {LEAST:g}.",
    )


def divided(logits, temperature: float):
    """Computes logits / temperature, [batch, size]; of temperature 0 only the largest stays."""
    return keep_most_likely(logits) if temperature == 0 else logits / temperature
