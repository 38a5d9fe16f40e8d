"""Samplers of tokens, the decode loop, and beam search.

A member is a file with `build(*, ...)`, which returns a function from logits
[batch, vocabulary size] to the logits that the next token is drawn from; `refine` returns a
`Refinement` instead, which chooses among whole samples.
"""

from zoo.samplers.base.beam import Found, beam_search
from zoo.samplers.base.decode import Generated, StepwiseNetwork, decode, never_drawn
from zoo.samplers.base.draw import draw
from zoo.samplers.base.refinement import Refinement, is_refinement, of_tokens
from zoo.samplers.base.temperature_limits import LEAST as LEAST_TEMPERATURE
from zoo.samplers.base.temperature_limits import check as check_temperature
from zoo.samplers.base.temperature_limits import is_temperature

__all__ = [
    "LEAST_TEMPERATURE",
    "Found",
    "Generated",
    "Refinement",
    "StepwiseNetwork",
    "beam_search",
    "check_temperature",
    "decode",
    "draw",
    "is_refinement",
    "is_temperature",
    "never_drawn",
    "of_tokens",
]
