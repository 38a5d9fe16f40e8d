"""Shows the card of a pretrained model: data, training, results, failures, use.

zoo show surnames_lstm
"""

from zoo import pretrained


def define_flags() -> None:
    """Defines no flags."""


def main(name: str) -> None:
    """Prints the card without its front matter."""
    text = (pretrained.locate(name) / "README.md").read_text(encoding="utf-8")
    print(text.split("---\n", 2)[-1].strip())
