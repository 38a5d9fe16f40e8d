"""Writes a run's samples while it trains."""

import pathlib

from zoo.domains import Image, Text, pictures
from zoo.runs import run, run_folder

_ROWS, _COLUMNS, _TEXTS, _POINTS = 8, 8, 20, 1000


class Previews:
    """Draws samples of the same seeds every so many steps, to see them change.

    Args:
        trainer: has the generator that is sampled, with its EMA weights where it keeps them.
        dataset: the `zoo.data.base.splits.Dataset`; points are drawn over those of its validation
            part.
        folder: where a picture or a text file is written for each step.
    """

    def __init__(self, trainer, dataset, folder: pathlib.Path):
        self._trainer, self._dataset, self._folder = trainer, dataset, folder

    def write(self, step: int) -> None:
        """Writes the samples of one step."""
        path, domain = self._folder / f"step_{step:08d}", self._dataset.domain
        with self._trainer.averaged():
            if isinstance(domain, Text):
                self._texts(path)
            elif isinstance(domain, Image):
                self._images(path)
            else:
                self._points(path)

    def _texts(self, path):
        drawn = run.texts(self._trainer.generator, _TEXTS)
        content = self._dataset.domain.example_separator.join(drawn) + "\n"
        run_folder.write_text(path.with_suffix(".txt"), content)

    def _images(self, path):
        columns = self._dataset.domain.num_classes or _COLUMNS  # a column for each class
        drawn = run.images(self._trainer.generator, _ROWS * columns)
        pictures.save(pictures.grid(drawn, columns, zoom=2), path.with_suffix(".png"))

    def _points(self, path):
        real = self._dataset.validation.values[:_POINTS]
        drawn = run.points(self._trainer.generator, len(real))
        pictures.save(pictures.scatter(real, drawn), path.with_suffix(".png"))
