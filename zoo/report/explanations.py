"""What each measure says, in the words of the file that computes it."""

import dataclasses
import inspect
import re

from zoo import spec


@dataclasses.dataclass(frozen=True)
class Explanation:
    """The words of one member of `zoo.metrics`.

    Attributes:
        name: the member's name.
        summary: one sentence.
        details: paragraphs: what exactly is computed, what it means, its traps, its source.
    """

    name: str
    summary: str
    details: tuple[str, ...]


def explanation(name: str) -> Explanation:
    """The docstrings of a member: the file's first line, and its function's without arguments."""
    member = spec.module("metrics", name)
    function = getattr(member, "measure", None) or member.compare
    text = re.sub(r"(?m)^(Args|Raises):\n(?:[ ]+.*\n|\n)*", "", inspect.getdoc(function) + "\n")
    paragraphs = tuple(part.strip("\n") for part in re.split(r"\n{2,}", text) if part.strip())
    return Explanation(name, inspect.getdoc(member).split("\n\n")[0], paragraphs)
