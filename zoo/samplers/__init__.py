"""What is done to the logits before a symbol is drawn, and the one decode loop.

A member is a file with `build(*, ...)`, which returns a function from logits
[batch, size] to the logits that the next symbol is drawn from.
"""

from zoo.samplers._decode import Generated, decode, draw

__all__ = ["Generated", "decode", "draw"]
