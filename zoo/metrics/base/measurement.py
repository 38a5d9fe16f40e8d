"""A measured value with its unit, error and ceiling."""

import dataclasses
from typing import Literal


@dataclasses.dataclass(frozen=True)
class Measurement:
    """A measured value and what is needed to read it.

    Attributes:
        value: the value.
        unit: its unit, such as "nats per character".
        standard_error: of `value`; None if unknown.
        count: number of examples (or tokens, as the unit says) behind the value.
        split: the split measured, or compared with: "train", "validation" or "test".
        better: "higher" or "lower", the direction of better models; None if neither, such as for a
            length that should match the data's.
        ceiling: the value of held-out real examples in place of the samples, which a perfect model
            would reach at this count. None if no samples are involved.
    """

    value: float
    unit: str
    standard_error: float | None
    count: int
    split: str
    better: Literal["higher", "lower"] | None = None
    ceiling: float | None = None
