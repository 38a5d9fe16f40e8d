"""One figure with all that is needed to read it."""

import dataclasses
from typing import Literal


@dataclasses.dataclass(frozen=True)
class Measurement:
    """One figure.

    Attributes:
        value: the figure.
        unit: its unit in words, such as "nats per character".
        standard_error: of `value`, or None where it is not known.
        count: the number of examples (or characters, as the unit says) behind it.
        split: the data it was measured on or against: "train", "validation" or "test".
        better: whether a better model has a "higher" or a "lower" value; None: neither in
            itself, such as a length that should be that of the data.
        ceiling: the value of other real examples in the place of the samples: what a perfect
            model would have at this count. None where there are no samples to replace.
    """

    value: float
    unit: str
    standard_error: float | None
    count: int
    split: str
    better: Literal["higher", "lower"] | None = None
    ceiling: float | None = None
