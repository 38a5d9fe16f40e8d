"""A film of a run: the samples that training wrote, step by step."""

import pathlib
import re

import numpy as np
from PIL import Image, ImageDraw

from zoo.domains import pictures
from zoo.errors import RunFolderError

_NAME = re.compile(r"step_(\d+)\.(png|txt)")
_STRIP, _GAP = 14, 4  # pixels: the height of a caption, and around a frame of the contact sheet


def frames(samples: pathlib.Path) -> list[tuple[int, pathlib.Path]]:
    """The steps at which samples were written, in order, with their files.

    Args:
        samples: the folder of samples of a run.

    Raises:
        RunFolderError: there are none.
    """
    paths = samples.iterdir() if samples.is_dir() else ()
    found = [(_NAME.fullmatch(path.name), path) for path in paths]
    steps = sorted((int(match[1]), path) for match, path in found if match)
    if not steps:
        raise RunFolderError(
            f"{samples} holds no samples to make a film of. Training writes them every "
            "--sample_every steps."
        )
    return steps


def captioned(step: int, path: pathlib.Path) -> Image.Image:
    """The picture of one step, in colour, with the step below."""
    with Image.open(path) as picture:
        frame = Image.new("RGB", (picture.width, picture.height + _STRIP), "white")
        frame.paste(picture.convert("RGB"))
    ImageDraw.Draw(frame).text((2, frame.height - _STRIP), f"step {step:,}", fill="black")
    return frame


def contact_sheet(steps: list[tuple[int, pathlib.Path]], most: int) -> Image.Image:
    """Draws the pictures of all steps side by side, row by row.

    Args:
        steps: see `frames`.
        most: the largest number of pictures. Of more steps as many are chosen, evenly, among them
            the first and the last.
    """
    chosen = np.linspace(0, len(steps) - 1, min(most, len(steps))).round().astype(int)
    drawn = [captioned(*steps[number]) for number in chosen]
    columns = round(len(drawn) ** 0.5 + 0.49)
    width = max(frame.width for frame in drawn) + _GAP
    height = max(frame.height for frame in drawn) + _GAP
    rows = -(-len(drawn) // columns)
    sheet = Image.new("RGB", (columns * width + _GAP, rows * height + _GAP), "white")
    for number, frame in enumerate(drawn):
        place = number % columns * width + _GAP, number // columns * height + _GAP
        sheet.paste(frame, place)
    return sheet


def animate(steps: list[tuple[int, pathlib.Path]], path: pathlib.Path, seconds: float) -> None:
    """Writes the pictures of all steps as an animated GIF, which begins again after the last.

    Args:
        steps: see `frames`.
        path: the file.
        seconds: how long each picture is shown.
    """
    first, *others = (captioned(*step) for step in steps)
    pictures.save(
        first,
        path,
        format="gif",
        save_all=True,
        append_images=others,
        duration=round(1000 * seconds),
        loop=0,
    )


def listing(steps: list[tuple[int, pathlib.Path]], lines: int) -> str:
    """Lists the first lines of the texts of all steps, each under its step.

    Args:
        steps: see `frames`.
        lines: the number of lines at each step; empty ones are left out.
    """
    parts = []
    for step, path in steps:
        text = path.read_text(encoding="utf-8")
        shown = [line for line in text.split("\n") if line.strip()][:lines]
        parts.append("\n".join([f"step {step:,}", *(f"  {line}" for line in shown)]))
    return "\n\n".join(parts) + "\n"
