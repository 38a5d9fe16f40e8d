"""Samples that a run writes while it trains."""

import pathlib

from zoo.domains import pictures
from zoo.runs import run, run_folder

_ROWS, _COLUMNS, _TEXTS, _POINTS = 8, 8, 20, 1000


class Previews:
    """Samples of the same seeds after so many steps, so that one sees them change.

    Args:
        trainer: whose generator is sampled, with its averaged weights where it keeps them.
        dataset: the `zoo.data.base.splits.Dataset`; points are drawn among those of its validation
            part.
        folder: where a picture or a text file goes for each step.
    """

    def __init__(self, trainer, dataset, folder: pathlib.Path):
        self._trainer, self._dataset, self._folder = trainer, dataset, folder

    def write(self, step: int) -> None:
        """Writes the samples of one step."""
        write = {"text": self._texts, "image": self._images, "points": self._points}
        with self._trainer.averaged():
            write[self._dataset.example.kind](self._folder / f"step_{step:08d}")

    def _texts(self, path):
        drawn = run.texts(self._trainer.generator, _TEXTS)
        between = "\n\n" if self._dataset.example.running else "\n"
        run_folder.write_text(path.with_suffix(".txt"), between.join(drawn) + "\n")

    def _images(self, path):
        columns = self._dataset.example.num_classes or _COLUMNS  # a column for each class
        drawn = run.images(self._trainer.generator, _ROWS * columns)
        pictures.save(pictures.grid(drawn, columns, zoom=2), path.with_suffix(".png"))

    def _points(self, path):
        real = self._dataset.validation.values[:_POINTS]
        drawn = run.points(self._trainer.generator, len(real))
        pictures.save(pictures.scatter(real, drawn), path.with_suffix(".png"))
