"""The view of a trained run that estimates and metrics have."""

import abc
from typing import Any

import numpy as np

from zoo.batch import Batch
from zoo.data.base.splits import Dataset
from zoo.domains import Domain
from zoo.objectives.base.contracts import Objective


class Trained(abc.ABC):
    """A trained model with its data; `zoo.runs.run.Run` is one.

    Attributes:
        experiment: the experiment, with the specs of its parts.
        domain: the domain of the data.
        model: the member of `zoo.models`.
        objective: the objective that it was trained by.
        step: the number of training steps.
        sampler: the spec of the sampler that draws from sequence models.
        dataset: the data.
        generator: the network that is sampled from.
        calibration_temperature: the temperature that calibrates the discriminator.
    """

    experiment: Any
    domain: Domain
    model: Any
    objective: Objective
    step: int
    sampler: str
    dataset: Dataset
    generator: Any
    calibration_temperature: float

    @abc.abstractmethod
    def draw(self, count: int, seed: int = 0) -> np.ndarray:
        """Draws samples as the data has its examples."""

    @property
    @abc.abstractmethod
    def unrefined(self) -> "Trained":
        """The run as it is sampled without the sampler `refine`."""

    @abc.abstractmethod
    def examples(self, count: int, seed: int = 0) -> Batch:
        """Draws as `draw` does, with labels where the data come with them."""
