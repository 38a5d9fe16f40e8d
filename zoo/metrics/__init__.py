"""Measures that do not know what trained a model.

A member is a file of one of two forms. A measure of a model, such as its likelihood, has

    def applies(run) -> bool
    def measure(run, *, split: str, count: int, seed: int) -> dict[str, Measurement]

with a `zoo.runs.run.Run`, and a measure of samples, whoever made them,

    def applies(subject) -> bool
    def compare(comparison) -> dict[str, Measurement]

with a `zoo.metrics.Comparison`; its subject is anything that has `example`. Samples are compared
once more with other real examples in their place, which gives each measurement its ceiling.
"""

from zoo.metrics.base.comparison import Comparison
from zoo.metrics.base.measurement import Measurement

__all__ = ["Comparison", "Measurement"]
