"""Metrics of trained models, independent of how they were trained.

A member is a file that declares one `METRIC`, either of a run, such as its likelihood,

    METRIC = RunMetric(applies, measure)     # applies(run), measure(run, *, split, count, seed)

or of samples, whatever drew them, against as many real examples,

    METRIC = SampleMetric(accepts, compare)  # accepts(domain), compare(comparison)

Both return a dict of named `Measurement`s. The docstrings of the file and of the function become
the explanations in the report.
"""

from zoo.metrics.base.comparison import Comparison
from zoo.metrics.base.contracts import RunMetric, SampleMetric, find
from zoo.metrics.base.measurement import Measurement

__all__ = ["Comparison", "Measurement", "RunMetric", "SampleMetric", "find"]
