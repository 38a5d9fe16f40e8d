"""Writes docs/gallery.md: a picture or passage of each pretrained model, with its figure.

    python -m experiments.gallery

Everything is read from the folders of `zoo/pretrained/models`. Of generators with latents paths
between samples are drawn anew, into docs/images/gallery/.
"""

import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import json
import re

from experiments import table
from zoo.pretrained import card, index

ROOT = pathlib.Path(__file__).parent.parent
PATH = ROOT / "docs/gallery.md"
PICTURES = ROOT / "docs/images/gallery"
# The first of them that was measured is the figure of a model.
PRINCIPAL = ("nll", "lenet_fd")
_LINES, _ROWS, _STEPS, _TO_LABEL = 12, 5, 12, 8

HEAD = """\
# Gallery

The models that come with the package, each with samples of seed 0, its objective and its principal
figure on test data (± one standard error; "real images" is the score of other real images in place
of the samples). They are loaded by name, without a network: [pretrained.md](pretrained.md) shows
how. A model's card tells how it was trained, all that was measured, and where it fails.
`python -m experiments.gallery` writes this page from the models' folders.
"""


def document() -> str:
    """Formats the whole page, in Markdown."""
    return "\n\n".join([HEAD.rstrip(), overview(), *map(section, index.names())]) + "\n"


def overview() -> str:
    """Formats a table of all models, those of the same data beside each other."""
    rows = []
    for name in index.names():
        record, measured = _read(name)
        given = record["experiment"]
        objective = f"`{given['objective']}`"
        figure = table.figure(*principal(measured))
        rows.append(
            (_data(name), f"| {_data(name)} | {objective} | [{name}](#{name}) | {figure} |")
        )
    head = ["| data | objective | model | figure |", "|---|---|---|---|"]
    return "\n".join(head + [row for _, row in sorted(rows)])


def section(name: str) -> str:
    """Formats what is shown of one model."""
    record, measured = _read(name)
    given, is_text = record["experiment"], record["example"]["kind"] == "text"
    return "\n\n".join(
        [
            f"## {name}",
            f"{index.summaries()[name]} {table.figure(*principal(measured))}. "
            f"[Card]({_link(name, 'README.md')})",
            f"Model: `{given['model']}`<br>\nObjective: `{given['objective']}`",
            passage(name, record["example"]["running"]) if is_text else _images(name),
            f"```sh\npython sample.py --pretrained={name} --count={20 if is_text else 100}\n```",
        ]
    )


def principal(measured: dict) -> tuple[str, dict]:
    """Chooses the figure of a model, and returns its name and measurement."""
    return next(
        (key, measured[key]) for key in (*PRINCIPAL, *card.ordered(measured)) if key in measured
    )


def passage(name: str, contiguous: bool) -> str:
    """Formats the first lines of a model's sample of text."""
    text = (index.MODELS / name / "sample.txt").read_text(encoding="utf-8")
    lines = text.split("\n") if contiguous else text.split("\n\n")
    shown = [line.rstrip() for line in lines[:_LINES]]
    return card.fenced("\n".join(shown))


def _images(name):
    """Links to the samples, and to the paths if they were drawn."""
    parts = [f"![Samples of {name}]({_link(name, 'sample.png')})"]
    if (PICTURES / f"{name}.png").is_file():
        parts += [
            "Each row goes from one sample to another; where there are classes, the lower rows go "
            f"from each class to class {_TO_LABEL}:",
            f"![Paths between samples of {name}](images/gallery/{name}.png)",
        ]
    return "\n\n".join(parts)


def _link(name, file):
    return f"../zoo/pretrained/models/{name}/{file}"


def _read(name):
    """The record and the measurements of a model."""
    folder = index.MODELS / name
    record, metrics = (
        json.loads((folder / file).read_text(encoding="utf-8"))
        for file in ("experiment.json", "metrics.json")
    )
    return record, metrics["metrics"]


def _data(name):
    """The name of the data set in the front matter of a model's card."""
    text = (index.MODELS / name / "README.md").read_text(encoding="utf-8")
    return re.search(r"^datasets:\n- (.+)$", text, re.MULTILINE)[1]


def draw_paths(name: str) -> None:
    """Draws paths between samples of a model with latents; of others nothing."""
    import numpy as np

    import zoo
    from zoo.domains import pictures
    from zoo.models.base.latent_generator import LatentGenerator

    model = zoo.load_pretrained(name)
    if not isinstance(model.generator, LatentGenerator):
        return
    paths = model.interpolate(_ROWS, _STEPS)
    if model.domain.num_classes:
        between = model.interpolate(_ROWS, _STEPS, to_label=_TO_LABEL)
        paths = np.concatenate([paths, between])
    PICTURES.mkdir(parents=True, exist_ok=True)
    grid = pictures.grid(paths.reshape([-1, *model.domain.shape]), _STEPS, zoom=2)
    pictures.save(grid, PICTURES / f"{name}.png")


def main() -> None:
    """Draws the pictures and writes the page."""
    for name in index.names():
        if _read(name)[0]["example"]["kind"] == "image":
            draw_paths(name)
    PATH.write_text(document(), encoding="utf-8")


if __name__ == "__main__":
    main()
