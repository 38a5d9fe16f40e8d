"""Samples of a run for visual inspection, with their closest matches in the training data."""

import dataclasses
from typing import ClassVar

import numpy as np

from zoo import domains
from zoo.data.base.splits import ContiguousText
from zoo.metrics import Comparison
from zoo.metrics.base import lenet
from zoo.metrics.base.comparison import without_end
from zoo.report import neighbours, passages
from zoo.runs.evaluation import Evaluation, comparisons

_IMAGES, _COLUMNS, _TEXTS, _POINTS = 64, 8, 16, 500
_WITH_NEIGHBOURS = 24  # images
_MOST_TOKENS = 10_000_000  # of the training text are searched


@dataclasses.dataclass(frozen=True)
class Images:
    """Images of a run.

    Attributes:
        generated: a grid of samples, a data URI.
        real: a grid of held-out images, a data URI.
        neighbours: some samples with their nearest training images.
        median: of the distances from samples to their nearest training images.
        real_median: the same for held-out images.
    """

    generated: str
    real: str
    neighbours: list[neighbours.Neighbours]
    median: float
    real_median: float

    kind: ClassVar = "image"


@dataclasses.dataclass(frozen=True)
class Texts:
    """Texts of a run.

    Attributes:
        matches: samples with the longest passage of each in the training text.
        mean: of the lengths of these passages, in tokens.
        real_mean: the same for as many held-out texts.
        level: the kind of token, such as "character".
        cut: number of tokens of the training text that were searched, None if all were.
    """

    matches: list[passages.Match]
    mean: float
    real_mean: float
    level: str
    cut: int | None

    kind: ClassVar = "text"


@dataclasses.dataclass(frozen=True)
class Points:
    """Points of a run.

    Attributes:
        generated: samples, float32 [count, dimension].
        real: as many held-out points.
    """

    generated: np.ndarray
    real: np.ndarray

    kind: ClassVar = "points"


def show(evaluation: Evaluation) -> Images | Texts | Points:
    """Prepares the first samples of the evaluation for display."""
    comparison = evaluation.comparison or _drawn(evaluation)
    if isinstance(comparison.domain, domains.Image):
        return _images(comparison)
    if isinstance(comparison.domain, domains.Points):
        return Points(comparison.generated[:_POINTS], comparison.real[:_POINTS])
    return _texts(comparison, evaluation.run.dataset.train)


def classes(comparison: Comparison) -> dict[str, list[float]]:
    """Relative frequencies of the ten digits among samples and real images, by the LeNet."""
    return {
        name: (np.bincount(_read(images), minlength=10) / len(images)).tolist()
        for name, images in (("samples", comparison.generated), ("data", comparison.real))
    }


def _read(images):
    return np.argmax(lenet.probabilities(images), axis=-1)


def _drawn(evaluation):
    settings, run = evaluation.settings, evaluation.run
    split, seed = settings.splits[-1], settings.seed
    shown = _POINTS if isinstance(run.domain, domains.Points) else _IMAGES
    return comparisons(run.dataset, split, lambda count: run.draw(count, seed), shown, seed)[0]


def _images(comparison):
    generated, real = comparison.generated[:_IMAGES], comparison.real[:_IMAGES]
    found = neighbours.nearest(generated, comparison.training)
    of_real = neighbours.nearest(real, comparison.training)
    return Images(
        neighbours.data_uri(generated, _COLUMNS),
        neighbours.data_uri(real, _COLUMNS),
        found[:_WITH_NEIGHBOURS],
        *(float(np.median([each.distance for each in some])) for some in (found, of_real)),
    )


def _texts(comparison, train):
    vocabulary = comparison.domain.vocabulary
    rows = train.values[None] if isinstance(train, ContiguousText) else train.values
    rows = rows[: max(_MOST_TOKENS // rows.shape[1], 1), :_MOST_TOKENS]
    known = passages.TrainingText(rows, vocabulary)
    found, of_real = (
        [known.match(text) for text in without_end(texts[:_TEXTS], vocabulary.end)]
        for texts in (comparison.generated, comparison.real)
    )
    return Texts(
        found,
        *(float(np.mean([each.length for each in some])) for some in (found, of_real)),
        vocabulary.level,
        rows.size if rows.size < train.values.size else None,
    )
