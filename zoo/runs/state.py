"""The training state of a run: all that a checkpoint holds."""

from zoo.runs import best, checkpoints
from zoo.runs.experiment import Experiment
from zoo.runs.run_folder import RunFolder
from zoo.trainers.base.trainer import Trainer


class State:
    """The training state, restored from the latest checkpoint of a run folder.

    Args:
        experiment: the experiment.
        trainer: its trainer, whose variables are restored.
        folder: the run folder.
        writes: whether this process writes checkpoints; of several workers one does.

    Attributes:
        trainer: the trainer.
        record: the record of the best validation.
        checkpoints: saves trainer and record.
        first_step: the steps that the run has made before.
        unfinished: True where steps are left to be made.
    """

    def __init__(self, experiment: Experiment, trainer: Trainer, folder: RunFolder, writes: bool):
        self.trainer = trainer
        self.record = best.BestRecord(
            experiment.keep_best,
            experiment.patience,
            higher_is_better=experiment.keep_best in trainer.higher_is_better,
        )
        self.checkpoints = checkpoints.Checkpoints(
            folder.checkpoints, trainer.components() | self.record.components(), writes
        )
        self.first_step = self.checkpoints.restore()
        self.unfinished = self.first_step < experiment.steps and not self.record.ended
