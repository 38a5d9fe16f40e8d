"""The base of trainers in which a generator plays with a second network."""

from typing import ClassVar

import keras

from zoo.models.base.pair import Mediated, Pair
from zoo.objectives.base.contracts import Objective
from zoo.trainers.base.trainer import Trainer


class TwoPlayer(Trainer):
    """Alternates several updates of a second network and one of the generator.

    A subclass defines `SECOND`, the role of the second network, and `train_step`.

    Args:
        model: has `networks()`, among them "generator" and `SECOND`.
        objective: see `Trainer`, as what follows.
        batch_size: samples per generator update, over all replicas.
        seed: the run's seed.
        average_decay: of the EMA weights.
        second_steps: updates of the second network per generator update.
        num_real: real examples per update of the second network, over all replicas.

    Attributes:
        second: the second network.
        second_optimizer: its optimizer; `compile` takes it as `{SECOND}_optimizer`.
        generator_optimizer: the generator's.
    """

    SECOND: ClassVar[str]

    def __init__(
        self,
        model: Pair | Mediated,
        objective: Objective,
        batch_size: int,
        seed: int,
        average_decay: float,
        second_steps: int,
        num_real: int,
    ):
        networks = model.networks()
        super().__init__(networks["generator"], objective, batch_size, seed, average_decay)
        self.second, self._second_steps = networks[self.SECOND], second_steps
        self._num_real = num_real

    def compile(self, *, generator_optimizer: keras.Optimizer, **kwargs: object) -> None:
        """Takes the optimizers of both networks; the rest goes to `keras.Model.compile`."""
        self.generator_optimizer = generator_optimizer
        self.second_optimizer = kwargs.pop(f"{self.SECOND}_optimizer")
        super().compile(**kwargs)
        self.generator_optimizer.build(self.generator.trainable_variables)
        self.second_optimizer.build(self.second.trainable_variables)

    @property
    def step(self):
        """See `Trainer.step`: the number of generator updates."""
        return self.generator_optimizer.iterations

    @property
    def updates(self) -> dict[str, int]:
        """See `Trainer.updates`."""
        return {"generator_optimizer": 1, f"{self.SECOND}_optimizer": self._second_steps}

    @property
    def num_real(self) -> int:
        """See `Trainer.num_real`."""
        return self._num_real * self._second_steps

    def components(self) -> dict[str, list]:
        """See `Trainer.components`."""
        networks = {self.SECOND: self.second.variables} | super().components()
        return networks | {
            "generator_optimizer": self.generator_optimizer.variables,
            f"{self.SECOND}_optimizer": self.second_optimizer.variables,
        }
