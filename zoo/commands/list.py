"""Lists the pretrained models, a line each.

zoo list
"""

from zoo import pretrained


def define_flags() -> None:
    """Defines no flags."""


def main() -> None:
    """Prints names and summaries."""
    summaries = pretrained.summaries()
    width = max(map(len, summaries), default=0)
    for name, summary in summaries.items():
        print(f"{name:{width}}  {summary}")
