"""Draws from a sharpened or flattened distribution."""

from zoo.errors import require


def build(*, temperature: float = 1.0):
    """The sampler that draws from softmax(logits / temperature).

    Args:
        temperature: above 0; below 1 sharpens, above 1 flattens.

    Returns:
        A function on logits [batch, size].

    Raises:
        SpecError: temperature is not above 0; the most likely symbol is `greedy()`.
    """
    require(
        temperature > 0,
        f"temperature={temperature} should be above 0. For the most likely symbol use greedy().",
    )
    return lambda logits: logits / temperature
