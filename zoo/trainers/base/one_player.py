"""The base of trainers that train the generator alone."""

import keras

from zoo.trainers.base.trainer import Trainer


class OnePlayer(Trainer):
    """Updates the generator by one optimizer; a subclass defines `train_step`."""

    def compile(self, optimizer: keras.Optimizer, **kwargs: object) -> None:
        """Takes the optimizer; `kwargs` go to `keras.Model.compile`."""
        super().compile(optimizer, **kwargs)
        optimizer.build(self.generator.trainable_variables)

    @property
    def step(self):
        """See `Trainer.step`."""
        return self.optimizer.iterations

    @property
    def updates(self) -> dict[str, int]:
        """See `Trainer.updates`."""
        return {"optimizer": 1}

    @property
    def num_real(self) -> int:
        """See `Trainer.num_real`."""
        return self.batch_size

    def components(self) -> dict[str, list]:
        """See `Trainer.components`."""
        return super().components() | {"optimizer": self.optimizer.variables}
