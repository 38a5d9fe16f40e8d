"""Writes samples while a run trains."""

import pathlib

from zoo.data.base.splits import Dataset
from zoo.domains import Image, Text, pictures
from zoo.runs import run_folder, sampling
from zoo.trainers.base.trainer import Trainer

_ROWS, _COLUMNS, _TEXTS, _POINTS = 8, 8, 20, 1000


class Previews:
    """Writes samples of the same seeds at different steps, to show how they change.

    Args:
        trainer: the trainer whose generator is sampled, with its EMA weights if it keeps them.
        dataset: the data set; points are drawn among those of its validation split.
        folder: the folder of a picture or a text file for each step.
    """

    def __init__(self, trainer: Trainer, dataset: Dataset, folder: pathlib.Path):
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
        drawn = sampling.texts(self._trainer.generator, _TEXTS)
        content = self._dataset.domain.example_separator.join(drawn) + "\n"
        run_folder.write_text(path.with_suffix(".txt"), content)

    def _images(self, path):
        columns = self._dataset.domain.num_classes or _COLUMNS  # a column for each class
        drawn = sampling.images(self._trainer.generator, _ROWS * columns)
        pictures.save(pictures.grid(drawn, columns, zoom=2), path.with_suffix(".png"))

    def _points(self, path):
        real = self._dataset.validation.values[:_POINTS]
        drawn = sampling.points(self._trainer.generator, len(real))
        pictures.save(pictures.scatter(real, drawn), path.with_suffix(".png"))
