"""Samples that a run writes while it trains."""

import pathlib

from zoo import pictures, run, run_folder

_IMAGES, _COLUMNS, _TEXTS = 64, 8, 20


class Previews:
    """Samples of the same seeds after so many steps, so that one sees them change.

    Args:
        trainer: whose generator is sampled, with its averaged weights where it keeps them.
        example: what one example is.
        folder: where a PNG grid or a text file goes for each step.
    """

    def __init__(self, trainer, example, folder: pathlib.Path):
        self._trainer, self._example, self._folder = trainer, example, folder

    def write(self, step: int) -> None:
        """Writes the samples of one step."""
        with self._trainer.averaged():
            if self._example.kind == "text":
                drawn = run.texts(self._trainer.generator, _TEXTS)
                path = self._folder / f"step_{step:08d}.txt"
                between = "\n\n" if self._example.running else "\n"
                run_folder.write_text(path, between.join(drawn) + "\n")
            else:
                drawn = run.images(self._trainer.generator, _IMAGES)
                path = self._folder / f"step_{step:08d}.png"
                pictures.save(pictures.grid(drawn, _COLUMNS, zoom=2), path)
