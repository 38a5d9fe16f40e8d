"""What is done to the logits before a symbol is drawn, the one decode loop, and beam search.

A member is a file with `build(*, ...)`, which returns a function from logits
[batch, size] to the logits that the next symbol is drawn from.
"""

from zoo.samplers._beam import Found, beam_search
from zoo.samplers._decode import Generated, decode, never_drawn
from zoo.samplers._draw import draw

__all__ = ["Found", "Generated", "beam_search", "decode", "draw", "never_drawn"]
