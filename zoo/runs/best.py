"""The best checkpoint of a run: which step validation likes best, and its file.

The record of the best step is part of the training state, so the latest checkpoint decides which
best checkpoint counts. An improvement is written beside the old best one, then the latest
checkpoint, whose record names it, and only then is what no checkpoint names removed: a kill at any
moment leaves a latest checkpoint and the best one that it names. The best before it stays, since
the checkpoint before the latest names it, which is taken where the latest is damaged.
"""

import math
import pathlib
import shutil
from collections.abc import Collection

import keras

from zoo.errors import RunFolderError, require
from zoo.runs import callbacks, checkpoints
from zoo.runs.run import Run
from zoo.runs.run_folder import RunFolder


class BestRecord:
    """The best validation figure so far, its step, and how many validations came since.

    Args:
        metric: the name of the validation figure; None: no best checkpoint is kept.
        patience: the validations without improvement that end training; 0: none do.
        higher_is_better: whether a higher figure is an improvement.
    """

    def __init__(self, metric: str | None, patience: int = 0, higher_is_better: bool = False):
        self._metric, self._patience = metric, patience
        self._sign = -1.0 if higher_is_better else 1.0
        self._value = keras.Variable(0.0, dtype="float64", trainable=False)
        self._steps = keras.Variable([0, 0], dtype="int64", trainable=False)  # best, last
        self._waited = keras.Variable(0, dtype="int64", trainable=False)

    @property
    def best_step(self) -> int:
        """The step of the best validation; 0: there was no finite figure yet."""
        return int(self._steps.numpy()[0])

    @property
    def ended(self) -> bool:
        """True once as many validations as the patience brought no improvement."""
        return 0 < self._patience <= int(self._waited.numpy())

    def components(self) -> dict[str, list]:
        """The variables of the record, by the component they are saved as."""
        if self._metric is None:
            return {}
        return {"best": [self._value, self._steps, self._waited]}

    def update(self, step: int, figures: dict[str, float]) -> bool:
        """Takes the figures of a validation; returns True if they are better than all before.

        An equal figure is no improvement, and one that is not finite never is.
        """
        if self._metric is None:
            return False
        value, before = float(figures[self._metric]), float(self._value.numpy())
        better = math.isfinite(value) and (
            self.best_step == 0 or self._sign * value < self._sign * before
        )
        self._value.assign(value if better else before)
        self._steps.assign([step if better else self.best_step, step])
        self._waited.assign(0 if better else int(self._waited.numpy()) + 1)
        return better

    def sentence(self, path: pathlib.Path) -> str:
        """A message on a run that has ended early, and how it can be trained further."""
        waited = int(self._waited.numpy())
        found = f"its best is {float(self._value.numpy()):.6g} at step {self.best_step}"
        return (
            f"The run in {path} ended early, at step {int(self._steps.numpy()[1])}: the "
            f"validation {self._metric} has not improved for {waited} validations; "
            f"{found if self.best_step else 'none was finite'}. It is finished, whatever --steps "
            f"says. To train it further, give --patience={2 * waited}, or --patience=0 to make "
            "all steps."
        )


class KeepBest(callbacks.EveryStep):
    """Keeps the checkpoint of the best validation, and ends training when its patience is over.

    Args:
        first_step: the steps that the run had made before.
        record: the best so far, which is part of what `saved` saves.
        folder: the folder of the best checkpoint.
        saved: the checkpoints of the run.
    """

    def __init__(
        self,
        first_step: int,
        record: BestRecord,
        folder: pathlib.Path,
        saved: checkpoints.Checkpoints,
    ):
        super().__init__(first_step)
        self._record, self._folder, self._saved = record, folder, saved
        self._before, self._improved_at = 0, 0

    def validated(self, step: int, figures: dict[str, float]) -> None:
        """Takes the validation figures of a step."""
        self._before = self._record.best_step
        if self._record.update(step, figures):
            self._improved_at = step

    def after_step(self, step: int, logs: dict[str, float]) -> None:
        """Writes an improvement, once the samples of its step are written."""
        if step == self._improved_at:
            self._folder.mkdir(exist_ok=True)
            self._saved.save_to(_path(self._folder, step), step)
            self._saved.save(step)
            _remove_all_but(self._folder, {self._before, step})
        if self._record.ended:
            self.model.stop_training = True


def require_known(metric: str, logged: Collection[str]) -> None:
    """Raises SpecError unless a metric is among those that validation logs."""
    require(
        metric in logged,
        f"keep_best={metric!r} is no figure that validation logs for this run. Known: "
        f"{', '.join(sorted(logged))}.",
    )


def load(
    folder: RunFolder, metric: str | None, components: dict[str, list], checkpoint: str | None
) -> int:
    """Reads components of the latest or the best checkpoint into variables.

    Args:
        folder: the run folder.
        metric: the figure by which the run keeps its best checkpoint; None: it keeps none.
        components: the variables to fill, by component.
        checkpoint: "latest"; "best"; or None, the best if there is one and else the latest.

    Returns:
        The checkpoint's step.

    Raises:
        SpecError: another word for a checkpoint.
        RunFolderError: there is no such checkpoint, or it is damaged.
    """
    require(
        checkpoint in (None, "latest", "best"),
        f"checkpoint={checkpoint!r} is unknown. Known: latest, best.",
    )
    if checkpoint == "best" and metric is None:
        raise RunFolderError(
            f"{folder.path} holds no best checkpoint: it was trained without --keep_best. "
            "Give --checkpoint=latest."
        )
    step = 0
    if metric is not None and checkpoint != "latest":
        record = BestRecord(metric)
        checkpoints.load(folder.checkpoints, record.components())
        step = record.best_step
    if checkpoint == "best" and step == 0:
        raise RunFolderError(
            f"{folder.path} holds no best checkpoint yet: no validation has been made, or none "
            "with a finite figure. Give --checkpoint=latest."
        )
    if step == 0:
        return checkpoints.load(folder.checkpoints, components)
    return checkpoints.load_from(
        _path(folder.best, step), components, "Give --checkpoint=latest, or train the run anew."
    )


def is_finished(run: Run) -> bool:
    """True where a run has made all its steps, or its patience is over, or it is published."""
    if run.results is not None or run.step >= run.experiment.steps:
        return True
    record = BestRecord(run.experiment.keep_best, run.experiment.patience)
    if not record.components():
        return False
    latest = checkpoints.load(run.folder.checkpoints, record.components())
    return latest >= run.experiment.steps or record.ended


def _path(folder, step):
    return folder / f"ckpt-{step}"


def _remove_all_but(folder, steps):
    """Removes all but the checkpoints of some steps from a folder."""
    for path in folder.iterdir():
        if path.name.partition(".")[0] not in {f"ckpt-{step}" for step in steps}:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
