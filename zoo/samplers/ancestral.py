"""Ancestral sampling, from the model's own distribution."""

from collections.abc import Callable


def build() -> Callable:
    """Ancestral sampling: the logits stay as they are, so that samples follow Q exactly."""
    return lambda logits: logits
