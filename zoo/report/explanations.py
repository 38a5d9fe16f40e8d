"""Explanations of the metrics, from the docstrings of their files."""

import dataclasses
import inspect
import re

from zoo import metrics, spec


@dataclasses.dataclass(frozen=True)
class Explanation:
    """Explanation of one member of `zoo.metrics`.

    Attributes:
        name: the member's name.
        summary: one sentence.
        details: paragraphs: definition, interpretation, pitfalls and source.
    """

    name: str
    summary: str
    details: tuple[str, ...]


def explanation(name: str) -> Explanation:
    """Reads a member's docstrings: first line of the file, and its function's without arguments."""
    metric = metrics.find(name)
    function = metric.measure if isinstance(metric, metrics.RunMetric) else metric.compare
    text = re.sub(r"(?m)^(Args|Raises):\n(?:[ ]+.*\n|\n)*", "", inspect.getdoc(function) + "\n")
    paragraphs = tuple(part.strip("\n") for part in re.split(r"\n{2,}", text) if part.strip())
    summary = inspect.getdoc(spec.module("metrics", name)).split("\n\n")[0]
    return Explanation(name, summary, paragraphs)
