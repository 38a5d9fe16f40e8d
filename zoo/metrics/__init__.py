"""Measures that do not know what trained a model.

A member is a file with

    READS_DATA = True or False      whether the figure depends on the split
    def applies(run) -> bool
    def measure(run, *, split: str, count: int, seed: int) -> dict[str, Measurement]

`run` is a `zoo.experiment.Run`: it has `dataset` (of which `split(name)` gives the held-out
data), `example`, `model`, `objective`, and `samples(count, seed)`, a NumPy array of images or a
list of texts.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Measurement:
    """One figure.

    Attributes:
        value: the figure.
        unit: its unit in words, such as "nats per character".
        standard_error: of `value`, or None where it is not known.
        count: the number of examples (or characters, as the unit says) behind it.
        split: the data it was measured on or against: "train", "validation" or "test".
    """

    value: float
    unit: str
    standard_error: float | None
    count: int
    split: str
